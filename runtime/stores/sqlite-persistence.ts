// A store in one SQLite file, which a thread of its own writes: no disk ever holds up the event
// loop. Calls that are made in one turn cross to the thread together and share its commits.
import { Worker } from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import {
  CalledPersistence,
  type StoreAnswer,
  type StoreCaller,
} from "#runtime/persistence/called-persistence.ts";
import type { Journal, Persistence, SnapshotStore } from "#runtime/persistence/journal.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { bytesOf, type StoreCall } from "#runtime/persistence/store-call.ts";
import type { JournalReport, JournalRequest, NumberedCall } from "./sqlite/journal-messages.ts";

interface WaitingCall {
  readonly bytes: number;
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}

/** What is answered is on the disk: every commit is synced before its calls are answered. */
export class SqlitePersistence implements Persistence {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;
  /** Rejects when the thread ends without having been closed; never resolves. */
  readonly lost: Promise<never>;
  readonly #thread: JournalThread;

  private constructor(thread: JournalThread) {
    const { journal, snapshots } = new CalledPersistence(thread);
    this.journal = journal;
    this.snapshots = snapshots;
    this.lost = thread.lost;
    this.#thread = thread;
  }

  /**
   * Opens or makes the file. Fails with `store_failed` when another store holds it, or it cannot be
   * used, and with `corrupt` when it is no database.
   */
  static async open(path: string): Promise<SqlitePersistence> {
    const thread = new JournalThread(path);
    await thread.opened;
    return new SqlitePersistence(thread);
  }

  get figures(): {
    readonly callsTotal: number;
    /** As of the last answer. Fewer than writing calls, when they came close together. */
    readonly commitsTotal: number;
    readonly waiting: number;
  } {
    return this.#thread.figures;
  }

  /** Answers the calls that wait, closes the file and ends the thread. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}

class JournalThread implements StoreCaller {
  readonly opened: Promise<void>;
  readonly lost: Promise<never>;
  readonly #path: string;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, WaitingCall>();
  #unsent: NumberedCall[] = [];
  #waitingBytes = 0;
  #callsTotal = 0;
  #commitsTotal = 0;
  /** Why no further call is taken. */
  #closed: Failure | undefined;

  constructor(path: string) {
    this.#path = path;
    const worker = new Worker(new URL("./sqlite/journal-thread.mjs", import.meta.url), {
      workerData: { path },
      // The entry registers its own loader; the process's options would register a second.
      execArgv: [],
      name: "journal",
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
      worker.on("message", (report: JournalReport) => this.#heard(report, resolve, reject));
    });
    this.opened = Promise.race([opened, this.lost]);
  }

  get figures() {
    return {
      callsTotal: this.#callsTotal,
      commitsTotal: this.#commitsTotal,
      waiting: this.#waiting.size,
    };
  }

  async call<C extends StoreCall>(call: C): Promise<StoreAnswer<C>> {
    if (this.#closed) throw this.#closed;
    const bytes = bytesOf(call);
    this.#refuseWhenFull(bytes);
    const id = ++this.#callsTotal;
    const answered = new Promise<StoreAnswer<C>>((resolve, reject) => {
      this.#waiting.set(id, { bytes, resolve, reject });
    });
    this.#waitingBytes += bytes;
    if (this.#unsent.length === 0) queueMicrotask(() => this.#send());
    this.#unsent.push({ id, call });
    return answered;
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      const text = `the store ${this.#path} is closed; open it anew`;
      this.#closed = new Failure("unavailable", text);
      this.#send();
      this.#post({ kind: "close" });
    }
    await this.#ended;
  }

  #send(): void {
    const calls = this.#unsent;
    this.#unsent = [];
    if (calls.length > 0) this.#post({ kind: "calls", calls });
  }

  #post(request: JournalRequest): void {
    this.#worker.postMessage(request);
  }

  #heard(report: JournalReport, opened: () => void, refused: (failure: Failure) => void): void {
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

  #settle(report: Extract<JournalReport, { kind: "outcomes" }>): void {
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
    const { callsMax, callBytesMax } = persistenceLimits;
    const waiting = this.#waiting.size;
    const isFull =
      waiting >= callsMax || (waiting > 0 && this.#waitingBytes + bytes > callBytesMax);
    if (!isFull) return;
    const text = `${waiting} calls with ${this.#waitingBytes} bytes wait for ${this.#path}; try later`;
    throw new Failure("mailbox_full", text);
  }

  /** Fails all that wait: whether their changes were committed is not known. */
  #lose(cause: unknown): Failure {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    const text = `the thread of ${this.#path} ended${reason}; what waited may be stored or not: open the store anew, and recover`;
    const failure = new Failure("store_failed", text, cause);
    this.#closed ??= failure;
    for (const call of this.#waiting.values()) call.reject(failure);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    return failure;
  }
}
