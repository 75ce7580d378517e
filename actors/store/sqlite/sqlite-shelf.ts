// The shelf in SQLite: statements, and in memory what the one writer can know without asking the file.
// All of that is forgotten when a call that had written is undone, and when another program has
// changed the file.
import type { Database } from "better-sqlite3";
import type { Shelf } from "../shelf.ts";
import { shelfReads } from "./shelf-reads.ts";
import { forgetRows, openTables, type ShelfTables } from "./shelf-tables.ts";
import { shelfWrites } from "./shelf-writes.ts";

export class SqliteShelf {
  /** What decisions read and write. */
  readonly rows: Shelf;
  readonly #tables: ShelfTables;
  /** Counts what was written, so that a call that wrote nothing needs no undoing. */
  #writes = 0;
  #marked = 0;

  /** Fails with `corrupt` when the store's sequences are damaged. */
  constructor(database: Database) {
    const tables = openTables(database);
    const wrote = () => {
      this.#writes += 1;
    };
    this.#tables = tables;
    this.rows = { ...shelfReads(tables), ...shelfWrites(tables, wrote) };
  }

  /** A call begins. */
  mark(): void {
    this.#marked = this.#writes;
    this.#tables.queues.mark();
    this.#tables.events.mark();
  }

  /** The file has taken back what the call had written: memory follows. */
  undo(): void {
    if (this.#writes === this.#marked) return;
    this.#tables.queues.undo();
    forgetRows(this.#tables);
    this.#tables.events.undo();
  }

  /** Before the commit: what was gathered goes to the file. */
  write(): void {
    this.#tables.events.write();
    this.#tables.queues.write();
    this.#tables.sequences.write();
  }

  /** After the commit. */
  settled(): void {
    this.#tables.events.settled();
  }

  /** Nothing of the batch is kept. */
  undone(): void {
    this.#tables.sequences.undone();
    this.forget();
  }

  /** What is in memory may differ from the file. */
  forget(): void {
    this.#tables.queues.forget();
    this.#tables.events.forget();
    forgetRows(this.#tables);
  }

  /** For a quiet moment, in a transaction: what says nothing any more goes. */
  tidy(nowMs: number): void {
    this.#tables.fair.dropPast(nowMs);
  }
}
