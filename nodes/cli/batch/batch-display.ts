// Shows a batch while it goes on: on a terminal a line that is rewritten, elsewhere one now and then.
// Failures and trouble with the cluster are lines of their own.
import type { Failure } from "#protocols/failure.ts";
import type { CommandIo } from "../command-io.ts";
import { ProgressLine } from "../progress-line.ts";
import { describeProgress, describeRecord } from "./batch-report.ts";
import type { BatchSummary } from "./batch-tally.ts";
import type { PictureRecord } from "./picture-record.ts";

const rewriteMs = 200;
const plainMs = 10_000;

export class BatchDisplay {
  readonly #io: CommandIo;
  readonly #line: ProgressLine;
  readonly #summary: () => BatchSummary;
  readonly #timer: ReturnType<typeof setInterval>;
  #trouble: string | undefined;

  constructor(io: CommandIo, summary: () => BatchSummary) {
    this.#io = io;
    this.#line = new ProgressLine(io);
    this.#summary = summary;
    this.#timer = setInterval(() => this.#tell(), io.isTerminal ? rewriteMs : plainMs);
  }

  tell(record: PictureRecord): void {
    const line = describeRecord(record);
    if (line !== undefined) this.#line.print(line);
  }

  /** null: it answers again. Each kind of trouble is told once, until it is over. */
  troubled(failure: Failure | null): void {
    // A full queue is how the cluster sets the pace.
    if (failure?.code === "queue_full") return;
    if (failure === null) {
      if (this.#trouble !== undefined) this.#line.print("the cluster answers again");
      this.#trouble = undefined;
    } else if (this.#trouble === undefined) {
      this.#trouble = failure.detail;
      this.#line.print(`waiting for the cluster: ${failure.detail}`);
    }
  }

  /** Takes the line away. */
  end(): void {
    clearInterval(this.#timer);
    this.#line.show("");
  }

  #tell(): void {
    const progress = describeProgress(this.#summary());
    if (this.#io.isTerminal) this.#line.show(progress);
    else this.#line.print(progress);
  }
}
