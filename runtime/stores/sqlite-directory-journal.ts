// The directory's rows in one SQLite file, which a thread of its own writes. What is answered is on
// the disk: every commit is synced before its calls are answered.
import type {
  DirectoryJournal,
  DirectoryRow,
} from "#runtime/cluster/directory/directory-journal.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { CommitThread } from "./sqlite/commit-thread.ts";
import { directoryCallBytes } from "./sqlite/directory-call-bytes.ts";
import type { DirectoryCall } from "./sqlite/directory-file.ts";

export class SqliteDirectoryJournal implements DirectoryJournal {
  readonly #path: string;
  #opening: Promise<CommitThread<DirectoryCall>> | undefined;

  /** The file is opened, or made, when it is first needed. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Fails with `store_failed` too when another director has the file. */
  async load(): Promise<readonly DirectoryRow[]> {
    return (await this.#thread()).call<readonly DirectoryRow[]>({ kind: "load" });
  }

  async commit(rows: readonly DirectoryRow[]): Promise<void> {
    await (await this.#thread()).call<undefined>({ kind: "commit", rows });
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) await opening.then((thread) => thread.close()).catch(() => {});
  }

  #thread(): Promise<CommitThread<DirectoryCall>> {
    if (this.#opening) return this.#opening;
    const opening = this.#open();
    this.#opening = opening;
    // Whoever asks next opens the file anew.
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    opening.then((thread) => thread.lost.catch(forget), forget);
    return opening;
  }

  async #open(): Promise<CommitThread<DirectoryCall>> {
    const { callsMax, callBytesMax } = persistenceLimits;
    const thread = new CommitThread<DirectoryCall>({
      entry: new URL("./sqlite/directory-thread.mjs", import.meta.url),
      path: this.#path,
      callsMax,
      callBytesMax,
      bytesOf: directoryCallBytes,
      buffersOf: () => [],
    });
    await thread.opened;
    return thread;
  }
}
