// The task store in one SQLite file. Synchronous: it runs in a thread of its own. A batch of commands
// is one commit; when the disk refuses it, reads are answered from what was committed before.
import type { Statement } from "better-sqlite3";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import { GroupedCommit } from "#runtime/stores/sqlite/grouped-commit.ts";
import { HeldDatabase } from "#runtime/stores/sqlite/held-database.ts";
import type { StoreAnswer, StoreCommand, StoreMethod, StoreValue } from "../backend.ts";
import { isWrite, perform } from "../perform.ts";
import { isRecordWrite } from "../records/record-decisions.ts";
import type { StoreContext } from "../store-context.ts";
import { type StorePolicy, storePolicyDefault } from "../store-policy.ts";
import { asksForSync, reached } from "./ack-level.ts";
import { LogGrowth } from "./log-growth.ts";
import { KeptTime } from "./rows/kept-time.ts";
import { readEpoch, renewEpoch } from "./rows/meta-rows.ts";
import { SqliteRecords } from "./sqlite-records.ts";
import { SqliteShelf } from "./sqlite-shelf.ts";
import { taskFile } from "./task-file.ts";

export interface SqliteStoreOptions {
  readonly path: string;
  readonly makeId: (nowMs: number) => string;
  readonly nowMs: number;
  readonly policy?: StorePolicy;
  /** Milliseconds that its time is ahead of the machine's clock. Default: 0. */
  readonly aheadMs?: () => number;
}

/** The log is moved into the main file when about so much was written to it, or after this time. */
const checkpointBytes = 4 * 1024 * 1024;
const checkpointMs = 1_000;
/** Free pages (of 4 KiB) that are kept for the tasks to come. */
const freePagesKept = 16_384;

export class SqliteStore {
  readonly info: StoreInfo;
  readonly #held: HeldDatabase;
  readonly #shelf: SqliteShelf;
  readonly #records: SqliteRecords;
  readonly #policy: StorePolicy;
  readonly #makeId: (nowMs: number) => string;
  readonly #aheadMs: () => number;
  readonly #commit: GroupedCommit<StoreCommand, StoreValue<StoreMethod>>;
  readonly #dataVersion: Statement<[], number>;
  readonly #keptTime: KeptTime;
  #context: StoreContext;
  /** As the file was when memory was sure of it. */
  #seenVersion: number | undefined;
  readonly #log = new LogGrowth();
  #checkpointedAt = 0;

  private constructor(held: HeldDatabase, options: SqliteStoreOptions) {
    const { database, path } = held;
    const { nowMs, makeId, policy = storePolicyDefault, aheadMs = () => 0 } = options;
    this.#held = held;
    this.#policy = policy;
    this.#makeId = makeId;
    this.#aheadMs = aheadMs;
    // What was forgotten may have given fences, which must not be taken for those to come.
    if (held.logDamage) renewEpoch(database);
    this.info = {
      kind: "sqlite",
      epoch: readEpoch(database),
      ackLevels: ["process", "durable"],
      schemaVersion: taskFile.steps.at(-1)?.version ?? 0,
      timeSkewMs: 0,
    };
    this.#shelf = new SqliteShelf(database, () => this.#commit.mark());
    this.#records = new SqliteRecords(database);
    this.#dataVersion = database.prepare<[], number>("PRAGMA data_version").pluck();
    this.#keptTime = new KeptTime(database);
    this.#context = this.#contextAt(nowMs);
    this.#commit = new GroupedCommit(database, path, {
      isWrite,
      perform: (command) => this.#perform(command),
      savepoints: "when told",
      isSynced: (commands) => commands.some(asksForSync),
      begun: () => this.#shelf.mark(),
      undo: () => this.#shelf.undo(),
      beforeCommit: () => {
        this.#shelf.write();
        this.#keptTime.write(this.#context.nowMs);
      },
      undone: () => {
        this.#shelf.undone();
        this.#keptTime.undone();
      },
    });
  }

  /**
   * Fails with `store_failed` when another store has the file open, and when it cannot be used, with
   * `corrupt` when it is no database.
   */
  static open(options: SqliteStoreOptions): SqliteStore {
    const { path, nowMs } = options;
    return HeldDatabase.open(
      { path, nowMs, ...taskFile },
      (held) => new SqliteStore(held, options),
    );
  }

  /** Commits since the file was opened: one for each batch that could write. */
  get commitsTotal(): number {
    return this.#commit.commitsTotal;
  }

  /** The latest time that is known of the file as it was opened: milliseconds since 1970 UTC. */
  get newestMs(): number {
    return this.#keptTime.newestMs;
  }

  /** Whether the file waits for the disk at each commit, as it is set by the last one. */
  get isSynced(): boolean {
    return this.#held.database.pragma("synchronous", { simple: true }) === 2;
  }

  /**
   * Does the commands in order; the answers stand at their commands' places. Never throws. An
   * answer to a command that writes means that its change is committed, and on the disk unless it
   * asked for less.
   */
  run(commands: readonly StoreCommand[], nowMs: number): readonly StoreAnswer[] {
    const commits = this.commitsTotal;
    this.#context = this.#contextAt(nowMs);
    this.#followOthers();
    const answers = this.#commit.run(commands);
    if (this.commitsTotal === commits) return answers;
    this.#shelf.settled();
    this.#log.committed(commands);
    return commands.some(asksForSync) ? answers.map(reached) : answers;
  }

  /** Upkeep between batches: moves the log into the main file, now and then. */
  tend(nowMs: number): void {
    const { bytes } = this.#log;
    const isDue = bytes >= checkpointBytes || nowMs - this.#checkpointedAt >= checkpointMs;
    if (bytes === 0 || !isDue) return;
    this.#log.moved(this.#held.checkpoint("PASSIVE"));
    this.#checkpointedAt = nowMs;
  }

  /** For a quiet moment: gives the pages of purged tasks back to the disk and empties the log. */
  tidy(nowMs: number): void {
    const { database } = this.#held;
    try {
      database.transaction(() => this.#shelf.tidy(nowMs)).immediate();
      const free = Number(database.pragma("freelist_count", { simple: true }));
      if (free > freePagesKept) database.pragma("incremental_vacuum(4096)");
      database.pragma("optimize");
      database.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // Loses nothing: commits rest on the log. What ails the disk, the next write will tell.
    }
    this.#log.moved(undefined);
  }

  close(): void {
    this.#held.close();
  }

  #contextAt(nowMs: number): StoreContext {
    return {
      shelf: this.#shelf.rows,
      records: this.#records,
      nowMs,
      policy: this.#policy,
      makeId: () => this.#makeId(nowMs),
      info: { ...this.info, timeSkewMs: this.#aheadMs() },
    };
  }

  #perform(command: StoreCommand): StoreValue<StoreMethod> {
    // Records have no shelf that tells of their writes.
    if (isRecordWrite(command.method)) this.#commit.mark();
    return perform(this.#context, command);
  }

  /** Another program that wrote to the file, or a disk that was exchanged under it. */
  #followOthers(): void {
    const version = this.#dataVersion.get();
    if (version === this.#seenVersion) return;
    if (this.#seenVersion !== undefined) this.#shelf.forget();
    this.#seenVersion = version;
  }
}
