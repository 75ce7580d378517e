// The task store in one SQLite file. Synchronous: it runs in a thread of its own. A batch of commands
// is one commit; when the disk refuses it, reads are answered from what was committed before.
import { ack } from "#protocols/protocol.ts";
import { GroupedCommit } from "#runtime/stores/sqlite/grouped-commit.ts";
import { HeldDatabase } from "#runtime/stores/sqlite/held-database.ts";
import { failureOf } from "#runtime/stores/sqlite/sqlite-failure.ts";
import { problemsOf } from "./integrity.ts";
import { claim, release, renew } from "./leasing.ts";
import { prepare } from "./prepared.ts";
import { cancel, complete, fail } from "./settlement.ts";
import {
  filesBytes,
  isWrite,
  type StoreAnswer,
  type StoreCommand,
  type StoreMethod,
  type StoreValue,
} from "./store-command.ts";
import type { StoreContext } from "./store-context.ts";
import { type StorePolicy, storePolicyDefault } from "./store-policy.ts";
import { counts, submit } from "./submission.ts";
import { taskFile } from "./tables.ts";
import { outcome, view } from "./task-rows.ts";
import { sweep } from "./upkeep.ts";

export interface SqliteStoreOptions {
  readonly path: string;
  readonly makeId: () => string;
  readonly nowMs: number;
  readonly policy?: StorePolicy;
}

/** The log is moved into the main file when about so much was written to it, or after this time. */
const checkpointBytes = 4 * 1024 * 1024;
const checkpointMs = 1_000;
/** What a command writes beside its files: a few pages of rows and indexes. */
const commandBytes = 16 * 1024;
/** Free pages (of 4 KiB) that are kept for the tasks to come. */
const freePagesKept = 16_384;

export class SqliteStore {
  readonly #held: HeldDatabase;
  readonly #context: StoreContext;
  readonly #commit: GroupedCommit<StoreCommand, StoreValue<StoreMethod>>;
  /** The time of the batch in hand. */
  #nowMs: number;
  /** Of whom nothing had been told before it. */
  #untold: readonly string[] = [];
  #logBytes = 0;
  #checkpointedAt = 0;
  #upkeepProblem: string | undefined;

  private constructor(held: HeldDatabase, options: SqliteStoreOptions) {
    const { database, path } = held;
    this.#held = held;
    this.#nowMs = options.nowMs;
    const prepared = prepare(database);
    const policy = options.policy ?? storePolicyDefault;
    this.#context = { prepared, policy, makeId: options.makeId, endedUntold: [] };
    this.#commit = new GroupedCommit(database, path, {
      isWrite,
      perform: (command) => this.#perform(command, this.#nowMs),
      undone: () => this.#forget(),
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

  /**
   * Does the commands in order; the answers stand at their commands' places. Never throws. An
   * answer to a command that writes means that its change is committed and on the disk.
   */
  run(commands: readonly StoreCommand[], nowMs: number): readonly StoreAnswer[] {
    const commits = this.commitsTotal;
    this.#nowMs = nowMs;
    this.#untold = [...this.#context.endedUntold];
    const answers = this.#commit.run(commands);
    if (this.commitsTotal > commits) {
      for (const command of commands) this.#logBytes += commandBytes + filesBytes(command);
    }
    return answers;
  }

  /** Upkeep between batches: moves the log into the main file, now and then. */
  tend(nowMs: number): void {
    const isDue = this.#logBytes >= checkpointBytes || nowMs - this.#checkpointedAt >= checkpointMs;
    if (this.#logBytes === 0 || !isDue) return;
    this.#attempt(() => this.#held.database.pragma("wal_checkpoint(PASSIVE)"));
    this.#checkpointedAt = nowMs;
    this.#logBytes = 0;
  }

  /** For a quiet moment: gives the pages of purged tasks back to the disk and empties the log. */
  tidy(): void {
    this.#attempt(() => {
      const free = Number(this.#held.database.pragma("freelist_count", { simple: true }));
      if (free > freePagesKept) this.#held.database.pragma("incremental_vacuum(4096)");
      this.#held.database.pragma("optimize");
      this.#held.database.pragma("wal_checkpoint(TRUNCATE)");
    });
    this.#logBytes = 0;
  }

  close(): void {
    this.#held.close();
  }

  #perform(command: StoreCommand, nowMs: number): StoreValue<StoreMethod> {
    const context = this.#context;
    switch (command.method) {
      case "submit":
        return submit(context, command.args[0], nowMs);
      case "claim":
        return claim(context, command.args[0], nowMs);
      case "renew":
        return renew(context, command.args[0], nowMs);
      case "complete":
        return complete(context, command.args[0], nowMs);
      case "fail":
        return fail(context, command.args[0], nowMs);
      case "release":
        return release(context, command.args[0], nowMs);
      case "cancel":
        return cancel(context, command.args[0], nowMs);
      case "sweep":
        return sweep(context, command.args[0], nowMs);
      case "view":
        return view(context.prepared, command.args[0]);
      case "outcome":
        return outcome(context.prepared, command.args[0]);
      case "counts":
        return counts(context.prepared);
      case "check":
        return { problems: this.#problems() };
      case "ping":
        return ack;
    }
  }

  /** The batch was undone: who ended in it has not. */
  #forget(): void {
    this.#context.endedUntold.splice(0, Infinity, ...this.#untold);
  }

  #problems(): readonly string[] {
    const problems = problemsOf(this.#held.database, this.#context.prepared);
    return this.#upkeepProblem ? [...problems, this.#upkeepProblem] : problems;
  }

  /** Upkeep that fails loses nothing, since commits rest on the log; it is tried again later. */
  #attempt(upkeep: () => unknown): void {
    try {
      upkeep();
      this.#upkeepProblem = undefined;
    } catch (cause) {
      this.#upkeepProblem = `upkeep of the file fails: ${failureOf(cause, this.#held.path).detail}`;
    }
  }
}
