// The task store behind its writer thread: typed calls, whose files move to the thread.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import { type CommitFigures, CommitThread } from "#runtime/stores/sqlite/commit-thread.ts";
import { filesBytes, filesOf, type StoreCommand, type StoreValue } from "./store-command.ts";
import { StoreRequests } from "./store-requests.ts";

export class StoreThread {
  /** Rejects when the thread ends without having been closed; never resolves. */
  readonly lost: Promise<never>;
  readonly #thread: CommitThread<StoreCommand>;

  private constructor(thread: CommitThread<StoreCommand>) {
    this.lost = thread.lost;
    this.#thread = thread;
  }

  /** Starts the thread and opens the database; fails as `SqliteStore.open` does. */
  static async open(path: string): Promise<StoreThread> {
    const thread = new CommitThread<StoreCommand>({
      entry: new URL("./writer-thread.mjs", import.meta.url),
      path,
      callsMax: limits.mailboxMessagesMax,
      callBytesMax: limits.linkBytesMax,
      bytesOf: filesBytes,
      buffersOf,
    });
    await thread.opened;
    return new StoreThread(thread);
  }

  get figures(): CommitFigures {
    return this.#thread.figures;
  }

  /**
   * The command's answer, once its change is on the disk. Files in the command stay the caller's.
   * Fails with `invalid` for arguments that do not fit, and as `CommitThread.call` does.
   */
  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    const refused = StoreRequests.methods.get(command.method)?.refuse(command.args);
    if (refused) throw new Failure("invalid", `${command.method}: ${refused}`);
    return this.#thread.call(withOwnFiles(command));
  }

  /** Answers the calls that wait, closes the database and ends the thread. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}

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
