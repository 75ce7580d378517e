// A store in one SQLite file, which a thread of its own writes: no disk ever holds up the event
// loop. Calls that are made in one turn cross to the thread together and share its commits.
import { CalledPersistence } from "#runtime/persistence/called-persistence.ts";
import type { Journal, Persistence, SnapshotStore } from "#runtime/persistence/journal.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { bytesOf, type StoreCall } from "#runtime/persistence/store-call.ts";
import { type CommitFigures, CommitThread } from "./sqlite/commit-thread.ts";

/** What is answered is on the disk: every commit is synced before its calls are answered. */
export class SqlitePersistence implements Persistence {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;
  /** Rejects when the thread ends without having been closed; never resolves. */
  readonly lost: Promise<never>;
  readonly #thread: CommitThread<StoreCall>;

  private constructor(thread: CommitThread<StoreCall>) {
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
    const { callsMax, callBytesMax } = persistenceLimits;
    const thread = new CommitThread<StoreCall>({
      entry: new URL("./sqlite/journal-thread.mjs", import.meta.url),
      path,
      callsMax,
      callBytesMax,
      bytesOf,
      buffersOf: () => [],
    });
    await thread.opened;
    return new SqlitePersistence(thread);
  }

  get figures(): CommitFigures {
    return this.#thread.figures;
  }

  /** Answers the calls that wait, closes the file and ends the thread. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
