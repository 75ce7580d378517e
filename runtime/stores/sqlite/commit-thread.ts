// The caller's side of a thread that owns a SQLite file: no disk ever holds up the event loop. Calls
// made in one turn of it cross together; their promises settle when their changes are on the disk.
import { Worker } from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import type { CommitReport, CommitRequest, NumberedCall } from "./commit-messages.ts";

export interface CommitThreadTerms<C> {
  /** Module whose thread answers with `serveCommits`; a `.mjs` that can load TypeScript. */
  readonly entry: URL;
  readonly path: string;
  /** Plain data for whoever opens the file in the thread. */
  readonly settings?: unknown;
  /** Calls, and their bytes, that may wait for the thread. Full: `mailbox_full`. */
  readonly callsMax: number;
  readonly callBytesMax: number;
  bytesOf(call: C): number;
  /** Buffers that move to the thread instead of being copied. */
  buffersOf(call: C): readonly ArrayBuffer[];
  /**
   * Whether the call may have changed something when the thread is lost before it answered: then it
   * fails with `unknown_outcome`, otherwise with `store_failed`. Default: the latter for all.
   */
  mayHaveWritten?(call: C): boolean;
}

export interface CommitFigures {
  readonly callsTotal: number;
  /** As of the last answer. Fewer than writing calls, when they came close together. */
  readonly commitsTotal: number;
  readonly waiting: number;
  /** About the bytes of what waits. */
  readonly waitingBytes: number;
}

interface WaitingCall {
  readonly bytes: number;
  readonly isUncertain: boolean;
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}

export class CommitThread<C> {
  /** Rejects when the thread ends without having been closed; never resolves. */
  readonly lost: Promise<never>;
  /** Rejects when the file cannot be opened. */
  readonly opened: Promise<void>;
  readonly #terms: CommitThreadTerms<C>;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, WaitingCall>();
  #unsent: NumberedCall<C>[] = [];
  #waitingBytes = 0;
  #callsTotal = 0;
  #commitsTotal = 0;
  /** Why no further call is taken. */
  #closed: Failure | undefined;

  constructor(terms: CommitThreadTerms<C>) {
    const { entry, path, settings } = terms;
    this.#terms = terms;
    // The entry registers its own loader; the process's options would register a second.
    const worker = new Worker(entry, {
      workerData: { path, settings },
      execArgv: [],
      name: "commits",
    });
    this.#worker = worker;
    this.lost = new Promise((_, reject) => {
      worker.on("error", (cause) => reject(this.#lose(cause)));
      worker.on("exit", () => {
        const isExpected = this.#closed !== undefined;
        const failure = this.#lose(undefined);
        if (!isExpected) reject(failure);
      });
    });
    // Whoever cares attaches to `lost`; a thread that nobody watches is no unhandled rejection.
    this.lost.catch(() => {});
    this.#ended = new Promise((resolve) => worker.on("exit", () => resolve()));
    const opened = new Promise<void>((resolve, reject) => {
      worker.on("message", (report: CommitReport) => this.#heard(report, resolve, reject));
    });
    this.opened = Promise.race([opened, this.lost]);
  }

  get figures(): CommitFigures {
    return {
      callsTotal: this.#callsTotal,
      commitsTotal: this.#commitsTotal,
      waiting: this.#waiting.size,
      waitingBytes: this.#waitingBytes,
    };
  }

  /**
   * The call's answer, once its change is on the disk; the caller knows its type. Fails with
   * `mailbox_full` when too much waits, `store_failed` when the disk refuses or the thread is lost,
   * `corrupt` for damaged rows, and as the call itself does.
   */
  async call<R>(call: C): Promise<R> {
    if (this.#closed) throw this.#closed;
    const bytes = this.#terms.bytesOf(call);
    this.#refuseWhenFull(bytes);
    this.#callsTotal += 1;
    const id = this.#callsTotal;
    const isUncertain = this.#terms.mayHaveWritten?.(call) ?? false;
    const answered = new Promise<R>((resolve, reject) => {
      this.#waiting.set(id, { bytes, isUncertain, resolve, reject });
    });
    this.#waitingBytes += bytes;
    // Not in this microtask: what the call's own turn leads to crosses with it.
    if (this.#unsent.length === 0) setImmediate(() => this.#send());
    this.#unsent.push({ id, call });
    return answered;
  }

  /** Answers the calls that wait, closes the file and ends the thread. */
  async close(): Promise<void> {
    if (!this.#closed) {
      const text = `the store ${this.#terms.path} is closed; ask the one that follows it`;
      this.#closed = new Failure("unavailable", text);
      this.#send();
      this.#post({ kind: "close" }, []);
    }
    await this.#ended;
  }

  #send(): void {
    const calls = this.#unsent;
    if (calls.length === 0) return;
    this.#unsent = [];
    try {
      this.#postCalls(calls);
    } catch {
      for (const call of calls) this.#postAlone(call);
    }
  }

  /** One that cannot cross fails by itself. */
  #postAlone(numbered: NumberedCall<C>): void {
    try {
      this.#postCalls([numbered]);
    } catch (cause) {
      const waiting = this.#waiting.get(numbered.id);
      this.#waiting.delete(numbered.id);
      this.#waitingBytes -= waiting?.bytes ?? 0;
      const text = `the store was told what cannot be sent to its thread: ${String(cause)}`;
      waiting?.reject(new Failure("invalid", text, cause));
    }
  }

  #postCalls(calls: readonly NumberedCall<C>[]): void {
    const buffers = calls.flatMap(({ call }) => this.#terms.buffersOf(call));
    this.#post({ kind: "calls", calls }, buffers);
  }

  #post(request: CommitRequest<C>, buffers: readonly ArrayBuffer[]): void {
    this.#worker.postMessage(request, buffers);
  }

  #heard(report: CommitReport, opened: () => void, refused: (failure: Failure) => void): void {
    switch (report.kind) {
      case "opened":
        opened();
        return;
      case "refused":
        this.#closed = new Failure(report.failure.code, report.failure.detail);
        refused(this.#closed);
        return;
      case "outcomes":
        this.#settle(report);
        return;
      default:
        report satisfies never;
    }
  }

  #settle(report: Extract<CommitReport, { kind: "outcomes" }>): void {
    this.#commitsTotal = report.commits;
    for (const { id, outcome } of report.outcomes) {
      const call = this.#waiting.get(id);
      if (!call) continue;
      this.#waiting.delete(id);
      this.#waitingBytes -= call.bytes;
      if (outcome.kind === "done") call.resolve(outcome.value);
      else call.reject(new Failure(outcome.failure.code, outcome.failure.detail));
    }
  }

  #refuseWhenFull(bytes: number): void {
    const { callsMax, callBytesMax, path } = this.#terms;
    const waiting = this.#waiting.size;
    const isFull =
      waiting >= callsMax || (waiting > 0 && this.#waitingBytes + bytes > callBytesMax);
    if (!isFull) return;
    const text = `${waiting} calls with ${this.#waitingBytes} bytes wait for ${path}; try later`;
    throw new Failure("mailbox_full", text);
  }

  /** Fails all that wait: whether their changes were committed is not known. */
  #lose(cause: unknown): Failure {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    const text = `the writer thread of ${this.#terms.path} ended${reason}; what waited may be stored or not: open it anew, and ask again`;
    const failure = new Failure("store_failed", text, cause);
    this.#closed ??= failure;
    const uncertain = new Failure("unknown_outcome", text, cause);
    for (const call of this.#waiting.values()) call.reject(call.isUncertain ? uncertain : failure);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    return failure;
  }
}
