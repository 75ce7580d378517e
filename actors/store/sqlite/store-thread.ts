// The caller's side of the writer thread: sends calls, settles their promises, and tells when the
// thread is lost.
import { Worker } from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import {
  filesBytes,
  filesOf,
  type StoreCommand,
  type StoreValue,
  type ThreadReport,
  type ThreadRequest,
} from "./store-command.ts";
import { StoreRequests } from "./store-requests.ts";

/** Calls, and bytes of their files, that wait for the thread. Full: `mailbox_full`. */
const callsMax = limits.mailboxMessagesMax;
const callBytesMax = limits.linkBytesMax;

interface WaitingCall {
  readonly bytes: number;
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}

export class StoreThread {
  /** Rejects when the thread ends without having been closed; never resolves. */
  readonly lost: Promise<never>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, WaitingCall>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #waitingBytes = 0;
  #commitsTotal = 0;
  #callsTotal = 0;
  /** Why no further call is taken. */
  #closed: Failure | undefined;

  private constructor(worker: Worker, path: string) {
    this.#worker = worker;
    this.lost = new Promise((_, reject) => {
      worker.on("error", (cause) => reject(this.#lose(threadLost(path, cause))));
      worker.on("exit", () => {
        const isExpected = this.#closed !== undefined;
        const failure = this.#lose(threadLost(path));
        if (!isExpected) reject(failure);
      });
    });
    // Whoever cares attaches to `lost`; a thread that nobody watches is no unhandled rejection.
    this.lost.catch(() => {});
    this.#ended = new Promise((resolve) => worker.on("exit", () => resolve()));
  }

  /** Starts the thread and opens the database; fails as `SqliteStore.open` does. */
  static async open(path: string): Promise<StoreThread> {
    const worker = new Worker(new URL("./writer-thread.mjs", import.meta.url), {
      workerData: { path },
      // The entry registers its own loader; the process's options would register a second.
      execArgv: [],
      name: "store",
    });
    const thread = new StoreThread(worker, path);
    const opened = new Promise<void>((resolve, reject) => {
      worker.on("message", (report: ThreadReport) => {
        if (report.kind === "answers") thread.#settle(report);
        else if (report.kind === "opened") resolve();
        else {
          thread.#closed = new Failure(report.failure.code, report.failure.detail);
          reject(thread.#closed);
        }
      });
    });
    await Promise.race([opened, thread.lost]);
    return thread;
  }

  /**
   * The command's answer, once its change is on the disk. Files in the command stay the caller's.
   * Fails with `invalid` for arguments that do not fit, `mailbox_full` when too much waits,
   * `store_failed` when the disk refuses or the thread is lost, `corrupt` for damaged rows.
   */
  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    if (this.#closed) throw this.#closed;
    const refused = StoreRequests.methods.get(command.method)?.refuse(command.args);
    if (refused) throw new Failure("invalid", `${command.method}: ${refused}`);
    const bytes = filesBytes(command);
    this.#refuseWhenFull(bytes);
    const id = ++this.#lastId;
    const answered = new Promise<StoreValue<C["method"]>>((resolve, reject) => {
      this.#waiting.set(id, { bytes, resolve, reject });
    });
    this.#waitingBytes += bytes;
    this.#callsTotal += 1;
    const sent = withOwnFiles(command);
    this.#send({ kind: "call", id, command: sent }, buffersOf(sent));
    return answered;
  }

  get figures(): {
    readonly callsTotal: number;
    /** As of the last answer. Fewer than writing calls, when they came close together. */
    readonly commitsTotal: number;
    readonly waiting: number;
  } {
    return {
      callsTotal: this.#callsTotal,
      commitsTotal: this.#commitsTotal,
      waiting: this.#waiting.size,
    };
  }

  /** Answers the calls that wait, closes the database and ends the thread. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = new Failure(
        "unavailable",
        "the store is closed; ask the store that follows it",
      );
      this.#send({ kind: "close" }, []);
    }
    await this.#ended;
  }

  #send(request: ThreadRequest, transfers: readonly ArrayBuffer[]): void {
    this.#worker.postMessage(request, transfers);
  }

  #refuseWhenFull(bytes: number): void {
    const isFull =
      this.#waiting.size >= callsMax ||
      (this.#waiting.size > 0 && this.#waitingBytes + bytes > callBytesMax);
    if (!isFull) return;
    throw new Failure(
      "mailbox_full",
      `${this.#waiting.size} calls with ${this.#waitingBytes} bytes wait for the disk; try later`,
    );
  }

  #settle(report: Extract<ThreadReport, { kind: "answers" }>): void {
    this.#commitsTotal = report.commits;
    for (const { id, answer } of report.answers) {
      const call = this.#waiting.get(id);
      if (!call) continue;
      this.#waiting.delete(id);
      this.#waitingBytes -= call.bytes;
      if (answer.kind === "done") call.resolve(answer.value);
      else call.reject(new Failure(answer.failure.code, answer.failure.detail));
    }
  }

  /** Fails all that wait: whether their changes were committed is not known. */
  #lose(failure: Failure): Failure {
    this.#closed ??= failure;
    for (const call of this.#waiting.values()) call.reject(failure);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    return failure;
  }
}

const threadLost = (path: string, cause?: unknown): Failure => {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new Failure(
    "store_failed",
    `the writer thread of ${path} ended${reason}; what waited may be stored or not; ask again`,
    cause,
  );
};

/** The command with its files in buffers of their own, which can be moved to the thread. */
function withOwnFiles(command: StoreCommand): StoreCommand {
  if (command.method === "submit") {
    const [submission] = command.args;
    return { method: "submit", args: [{ ...submission, inputs: submission.inputs.map(ownFile) }] };
  }
  if (command.method === "complete") {
    const [{ lease, result }] = command.args;
    const files = result.files.map(ownFile);
    return { method: "complete", args: [{ lease, result: { ...result, files } }] };
  }
  return command;
}

const ownFile = (file: TaskFile): TaskFile => ({ ...file, bytes: new Uint8Array(file.bytes) });

const buffersOf = (command: StoreCommand): readonly ArrayBuffer[] =>
  filesOf(command)
    .map((file) => file.bytes.buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
