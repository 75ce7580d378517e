// What the embedded directory keeps, as rows of a key and a value: the port, and the one in memory.
// A row without a value is one that is gone.
import type { PlainValue } from "#protocols/cluster/directory-data.ts";

export interface DirectoryRow {
  readonly key: string;
  readonly value: PlainValue | undefined;
}

export interface DirectoryJournal {
  /** All rows that have a value. Fails with `store_failed`, and `corrupt` for a damaged one. */
  load(): Promise<readonly DirectoryRow[]>;
  /**
   * Keeps the rows, all or none, after those of earlier calls; settles when they will survive.
   * Fails with `store_failed`.
   */
  commit(rows: readonly DirectoryRow[]): Promise<void>;
  /** What is asked of it later opens it anew. */
  close(): Promise<void>;
}

/** Outlives the actor that writes it, not its process. */
export class MemoryDirectoryJournal implements DirectoryJournal {
  readonly #rows = new Map<string, DirectoryRow>();

  load(): Promise<readonly DirectoryRow[]> {
    return Promise.resolve([...this.#rows.values()]);
  }

  commit(rows: readonly DirectoryRow[]): Promise<void> {
    for (const row of rows) {
      if (row.value === undefined) this.#rows.delete(row.key);
      else this.#rows.set(row.key, row);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
