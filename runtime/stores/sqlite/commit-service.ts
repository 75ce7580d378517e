// The thread that owns a SQLite file. It takes all calls that wait, commits them together, and only
// then answers them: while one sync of the disk runs, the next batch gathers by itself. A lone call
// is committed at once, so grouping costs no delay.
//
//   calls:   a │ b c d e │ f
//   commits: ──a────────bcde──────f──
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import type { CommitReport, CommitRequest, NumberedCall } from "./commit-messages.ts";
import type { CallOutcome } from "./grouped-commit.ts";

/** Without calls for this long, the thread tidies up. */
const quietMs = 1_000;

/** A file that is written call by call, many to a commit. */
export interface CommittedFile<C, O extends CallOutcome> {
  readonly commitsTotal: number;
  /** Does the calls in order, in one commit; never throws. The outcomes stand at their places. */
  run(calls: readonly C[]): readonly O[];
  /** Upkeep between batches. */
  tend(): void;
  /** Upkeep for a quiet moment. */
  tidy(): void;
  close(): void;
}

export interface CommitServiceTerms<C, O extends CallOutcome, S> {
  /** `settings` are those that the owner gave the thread. */
  open(path: string, settings: S): CommittedFile<C, O>;
  /** Calls, and about their bytes, of one commit. More: they wait for the next. */
  readonly commitCallsMax: number;
  readonly commitBytesMax: number;
  bytesOf(call: C): number;
  /** Buffers of an answer that move to the caller instead of being copied. */
  buffersOf(outcome: O): readonly ArrayBuffer[];
}

/** Serves the thread in which it is called, until its owner closes it. */
export function serveCommits<C, O extends CallOutcome, S = undefined>(
  terms: CommitServiceTerms<C, O, S>,
): void {
  if (!parentPort) throw new Error("this module runs as a worker thread only; use CommitThread");
  const { path, settings }: { readonly path: string; readonly settings: S } = workerData;
  new CommitService(terms, parentPort).serve(path, settings);
}

class CommitService<C, O extends CallOutcome, S> {
  readonly #terms: CommitServiceTerms<C, O, S>;
  readonly #port: MessagePort;

  constructor(terms: CommitServiceTerms<C, O, S>, port: MessagePort) {
    this.#terms = terms;
    this.#port = port;
  }

  serve(path: string, settings: S): void {
    const file = this.#openOrRefuse(path, settings);
    if (!file) {
      this.#port.close();
      return;
    }
    let quiet: NodeJS.Timeout | undefined;
    this.#port.on("message", (first: CommitRequest<C>) => {
      clearTimeout(quiet);
      const { calls, isClosing } = this.#gather(first);
      for (const batch of this.#batches(calls)) this.#answer(file, batch);
      if (isClosing) {
        file.close();
        this.#port.close();
        return;
      }
      file.tend();
      quiet = setTimeout(() => file.tidy(), quietMs);
    });
    this.#post({ kind: "opened" }, []);
  }

  #openOrRefuse(path: string, settings: S): CommittedFile<C, O> | undefined {
    try {
      return this.#terms.open(path, settings);
    } catch (cause) {
      this.#post({ kind: "refused", failure: Failure.of(cause).toData() }, []);
      return undefined;
    }
  }

  #answer(file: CommittedFile<C, O>, batch: readonly NumberedCall<C>[]): void {
    const answers = file.run(batch.map(({ call }) => call));
    const outcomes = batch.flatMap(({ id }, index) => {
      const outcome = answers[index];
      return outcome ? [{ id, outcome }] : [];
    });
    const buffers = new Set(answers.flatMap((outcome) => this.#terms.buffersOf(outcome)));
    this.#post({ kind: "outcomes", outcomes, commits: file.commitsTotal }, [...buffers]);
  }

  /** The message that woke the thread and those that wait behind it, up to about one commit. */
  #gather(first: CommitRequest<C>): { calls: NumberedCall<C>[]; isClosing: boolean } {
    const calls: NumberedCall<C>[] = [];
    const { commitCallsMax, commitBytesMax } = this.#terms;
    let bytes = 0;
    let request: CommitRequest<C> | undefined = first;
    while (request) {
      if (request.kind === "close") return { calls, isClosing: true };
      calls.push(...request.calls);
      for (const { call } of request.calls) bytes += this.#terms.bytesOf(call);
      if (calls.length >= commitCallsMax || bytes >= commitBytesMax) break;
      request = receiveMessageOnPort(this.#port)?.message;
    }
    return { calls, isClosing: false };
  }

  /** One message may bring more than one commit takes. */
  *#batches(calls: readonly NumberedCall<C>[]): Iterable<readonly NumberedCall<C>[]> {
    const { commitCallsMax, commitBytesMax } = this.#terms;
    let batch: NumberedCall<C>[] = [];
    let bytes = 0;
    for (const numbered of calls) {
      batch.push(numbered);
      bytes += this.#terms.bytesOf(numbered.call);
      if (batch.length < commitCallsMax && bytes < commitBytesMax) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) yield batch;
  }

  #post(report: CommitReport, buffers: readonly ArrayBuffer[]): void {
    this.#port.postMessage(report, buffers);
  }
}
