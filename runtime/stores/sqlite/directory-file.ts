// The rows of the cluster's directory, in one SQLite file. Synchronous: it runs in a thread of its own.
import type { Statement } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import type { DirectoryRow } from "#runtime/cluster/directory/directory-journal.ts";
import { checksum, storable } from "./checksum.ts";
import { directoryApplicationId, directorySteps } from "./directory-steps.ts";
import { type CallOutcome, GroupedCommit } from "./grouped-commit.ts";
import { HeldDatabase } from "./held-database.ts";

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
  readonly #held: HeldDatabase;
  readonly #commit: GroupedCommit<DirectoryCall>;
  readonly #all: Statement<[], StoredText>;
  readonly #put: Statement;
  readonly #remove: Statement;
  #logRows = 0;

  private constructor(held: HeldDatabase) {
    const { database, path } = held;
    this.#held = held;
    this.#all = database.prepare<[], StoredText>("SELECT key, json, crc32 FROM rows");
    this.#put = database.prepare("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)");
    this.#remove = database.prepare("DELETE FROM rows WHERE key = ?");
    this.#commit = new GroupedCommit(database, path, {
      isWrite: ({ kind }) => kind === "commit",
      perform: (call) => (call.kind === "load" ? this.#load() : this.#write(call.rows)),
    });
  }

  /** Fails with `store_failed` when another director has the file open, or it cannot be used. */
  static open(options: { readonly path: string; readonly nowMs: number }): DirectoryFile {
    const terms = { ...options, applicationId: directoryApplicationId, steps: directorySteps };
    return HeldDatabase.open(terms, (held) => new DirectoryFile(held));
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
    this.#held.close();
  }

  #load(): readonly DirectoryRow[] {
    return this.#all.all().map(({ key, json, crc32 }) => {
      if (checksum([key, json]) === crc32) return { key, value: JSON.parse(json) };
      const text = `${this.#held.path}: the row ${key} fails its checksum; restore a backup, or remove the file while no node runs`;
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
    this.#held.checkpoint(mode);
  }
}
