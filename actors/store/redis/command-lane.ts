// Commands that wait for the next batch. One batch is under way at a time; what comes meanwhile makes
// up the next one. Full, the newest is refused; whoever has waited too long is told so.
import { Failure } from "#protocols/failure.ts";
import type { StoreAnswer, StoreCommand, StoreMethod, StoreValue } from "../backend.ts";
import { carriedCheckpoint } from "../carried-checkpoint.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { StoreFigures } from "./store-figures.ts";

export interface LaneTerms {
  readonly withinMs: number;
  readonly togetherMax: number;
  readonly figures: StoreFigures;
  /** Answers of the first commands; the others go into the next batch. */
  settle(commands: readonly StoreCommand[], deadlineMs: number): Promise<readonly StoreAnswer[]>;
  /** The lane itself has failed, which is a bug. */
  lose(cause: unknown): void;
}

interface Waiting {
  readonly command: StoreCommand;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly answer: (answer: StoreAnswer) => void;
}

/** Milliseconds that a batch has at least, however long its first command has waited. */
const batchMsMin = 250;

export class CommandLane {
  readonly #terms: LaneTerms;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;

  constructor(terms: LaneTerms) {
    this.#terms = terms;
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    const bytes = fileBytesOf(command);
    this.#checkRoom(bytes);
    const answer = await new Promise<StoreAnswer>((resolve) => {
      const deadlineMs = performance.now() + this.#terms.withinMs;
      this.#waiting.push({ command, bytes, deadlineMs, answer: resolve });
      this.#waitingBytes += bytes;
      this.#running ??= this.#run();
    });
    if (answer.kind === "failed") throw new Failure(answer.failure.code, answer.failure.detail);
    if (answersTo(command, answer.value)) return answer.value;
    throw new Failure("internal", `${command.method} was answered with something else`);
  }

  get waiting(): { readonly calls: number; readonly bytes: number } {
    return { calls: this.#waiting.length, bytes: this.#waitingBytes };
  }

  /** Settles when nothing waits. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #checkRoom(bytes: number): void {
    const { waitingBytesMax, waitingCommandsMax } = redisStoreLimits;
    const isFull =
      this.#waiting.length >= waitingCommandsMax ||
      (this.#waiting.length > 0 && this.#waitingBytes + bytes > waitingBytesMax);
    if (!isFull) return;
    this.#terms.figures.fullTotal += 1;
    const seen = `${this.#waiting.length} calls with ${this.#waitingBytes} bytes wait for Redis`;
    throw new Failure("mailbox_full", `${seen}; send fewer at a time, and this one again later`);
  }

  async #run(): Promise<void> {
    // What is called in the same turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0) await this.#settleNext();
    } catch (cause) {
      this.#terms.lose(cause);
    } finally {
      this.#running = undefined;
    }
  }

  async #settleNext(): Promise<void> {
    const batch = this.#nextBatch();
    const [first] = batch;
    if (!first) return;
    const deadlineMs = Math.max(first.deadlineMs, performance.now() + batchMsMin);
    const commands = batch.map(({ command }) => command);
    const answers = await this.#terms
      .settle(commands, deadlineMs)
      .catch((error: unknown): readonly StoreAnswer[] => {
        const failure = Failure.of(error).toData();
        return batch.map(() => ({ kind: "failed", failure }));
      });
    const unanswered = batch.slice(answers.length);
    this.#waiting.unshift(...unanswered);
    for (const { bytes } of unanswered) this.#waitingBytes += bytes;
    for (const [index, answer] of answers.entries()) batch[index]?.answer(answer);
  }

  #nextBatch(): readonly Waiting[] {
    const nowMs = performance.now();
    const batch: Waiting[] = [];
    let bytes = 0;
    let taken = 0;
    for (const waiting of this.#waiting) {
      const isRoom = batch.length === 0 || bytes + waiting.bytes <= redisStoreLimits.batchBytesMax;
      if (!isRoom || batch.length >= this.#terms.togetherMax) break;
      taken += 1;
      this.#waitingBytes -= waiting.bytes;
      if (waiting.deadlineMs < nowMs) {
        waiting.answer({ kind: "failed", failure: waitedTooLong.toData() });
      } else {
        bytes += waiting.bytes;
        batch.push(waiting);
      }
    }
    this.#waiting = this.#waiting.slice(taken);
    return batch;
  }
}

const waitedTooLong = new Failure(
  "unavailable",
  "Redis was away or too slow for all that waits, and nothing was changed; ask again",
);

/** The lane answers by position; that the value belongs to the method is `perform`'s promise. */
const answersTo = <C extends StoreCommand>(
  _command: C,
  _value: StoreValue<StoreMethod>,
): _value is StoreValue<C["method"]> => true;

function fileBytesOf(command: StoreCommand): number {
  const files =
    command.method === "submit"
      ? command.args[0].inputs
      : command.method === "complete"
        ? command.args[0].result.files
        : [];
  const checkpoint = carriedCheckpoint(command)?.byteLength ?? 0;
  return files.reduce((sum, file) => sum + file.bytes.byteLength, checkpoint);
}
