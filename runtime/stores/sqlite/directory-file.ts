// The rows of the cluster's directory, in one SQLite file. Synchronous: it runs in a thread of its own.
import type Database from "better-sqlite3";
import type { Statement } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import type { DirectoryRow } from "#runtime/cluster/directory-journal.ts";
import { checksum, storable } from "./checksum.ts";
import { directoryApplicationId, directorySteps } from "./directory-steps.ts";
import { type CallOutcome, GroupedCommit } from "./grouped-commit.ts";
import { openDatabase, truePath } from "./open-database.ts";
import { OwnerLock } from "./owner-lock.ts";
import { applySteps } from "./schema-steps.ts";
import { failureOf } from "./sqlite-failure.ts";

export type DirectoryCall =
  | { readonly kind: "load" }
  | { readonly kind: "commit"; readonly rows: readonly DirectoryRow[] };

interface StoredText {
  readonly key: string;
  readonly json: string;
  readonly crc32: number;
}

/** The log is moved into the main file when so many rows were written to it. */
const checkpointRows = 4_096;

export class DirectoryFile {
  readonly #path: string;
  readonly #lock: OwnerLock;
  readonly #database: Database.Database;
  readonly #commit: GroupedCommit<DirectoryCall>;
  readonly #all: Statement<[], StoredText>;
  readonly #put: Statement;
  readonly #remove: Statement;
  #logRows = 0;

  private constructor(path: string, lock: OwnerLock, nowMs: number) {
    this.#path = path;
    this.#lock = lock;
    const applicationId = directoryApplicationId;
    this.#database = openDatabase({ path, applicationId });
    try {
      applySteps(this.#database, { applicationId, steps: directorySteps, nowMs });
      this.#all = this.#database.prepare<[], StoredText>("SELECT key, json, crc32 FROM rows");
      this.#put = this.#database.prepare("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)");
      this.#remove = this.#database.prepare("DELETE FROM rows WHERE key = ?");
      this.#commit = new GroupedCommit(this.#database, path, {
        isWrite: ({ kind }) => kind === "commit",
        perform: (call) => (call.kind === "load" ? this.#load() : this.#write(call.rows)),
      });
    } catch (cause) {
      this.#database.close();
      throw cause;
    }
  }

  /** Fails with `store_failed` when another director has the file open, or it cannot be used. */
  static open(options: { readonly path: string; readonly nowMs: number }): DirectoryFile {
    let lock: OwnerLock | undefined;
    try {
      const path = truePath(options.path);
      lock = OwnerLock.take(path);
      return new DirectoryFile(path, lock, options.nowMs);
    } catch (cause) {
      lock?.release();
      throw failureOf(cause, options.path);
    }
  }

  get commitsTotal(): number {
    return this.#commit.commitsTotal;
  }

  /** Does the calls in order, in one commit; never throws. */
  run(calls: readonly DirectoryCall[]): readonly CallOutcome[] {
    const outcomes = this.#commit.run(calls);
    for (const call of calls) if (call.kind === "commit") this.#logRows += call.rows.length;
    return outcomes;
  }

  tend(): void {
    if (this.#logRows >= checkpointRows) this.#checkpoint("PASSIVE");
  }

  tidy(): void {
    if (this.#logRows > 0) this.#checkpoint("TRUNCATE");
  }

  close(): void {
    if (!this.#database.open) return;
    try {
      this.#database.close();
    } finally {
      this.#lock.release();
    }
  }

  #load(): readonly DirectoryRow[] {
    return this.#all.all().map(({ key, json, crc32 }) => {
      if (checksum([key, json]) === crc32) return { key, value: JSON.parse(json) };
      const text = `${this.#path}: the row ${key} fails its checksum; restore a backup, or remove the file while no node runs`;
      throw new Failure("corrupt", text);
    });
  }

  #write(rows: readonly DirectoryRow[]): undefined {
    for (const { key, value } of rows) {
      if (value === undefined) {
        this.#remove.run(key);
        continue;
      }
      const json = storable(JSON.stringify(value));
      this.#put.run(key, json, checksum([key, json]));
    }
    return undefined;
  }

  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): void {
    this.#logRows = 0;
    try {
      if (mode === "TRUNCATE") this.#database.pragma("incremental_vacuum(4096)");
      this.#database.pragma(`wal_checkpoint(${mode})`);
    } catch {
      // Loses nothing: commits rest on the log. What ails the disk, the next write will tell.
    }
  }
}
