// The shelf in SQLite: statements, and in memory what the one writer can know without asking the file.
// All of that is forgotten when a call that had written is undone, and when another program has
// changed the file. What a batch changes of tasks, leases and attempts is gathered, and goes to the file
// once for each row: before the commit, or before rows are looked through.
import type { Database } from "better-sqlite3";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Shelf } from "../shelf.ts";
import { shelfReads } from "./shelf-reads.ts";
import { forgetRows, openTables, type ShelfTables } from "./shelf-tables.ts";
import { shelfWrites, type WriteWatch } from "./shelf-writes.ts";

export class SqliteShelf {
  /** What decisions read and write. */
  readonly rows: Shelf;
  readonly #tables: ShelfTables;
  /** Counts what was written, so that a call that wrote nothing needs no undoing. */
  #writes = 0;
  #marked = 0;

  /**
   * `writes` is told before a call changes the file, so that it can be undone there. Fails with
   * `corrupt` when the store's sequences are damaged.
   */
  constructor(database: Database, writes: () => void) {
    const gathers = () => {
      this.#writes += 1;
    };
    const watch: WriteWatch = {
      gathers,
      writes: () => {
        gathers();
        writes();
      },
    };
    const tables = openTables(database, watch.writes);
    this.#tables = tables;
    this.rows = { ...shelfReads(tables), ...shelfWrites(tables, watch) };
  }

  /** A call begins. */
  mark(): void {
    this.#marked = this.#writes;
    for (const { pending } of this.#tables.gathering) pending.mark();
    this.#tables.queues.mark();
    this.#tables.events.mark();
  }

  /** The file has taken back what the call had written to it: memory follows. */
  undo(): void {
    for (const { pending } of this.#tables.gathering) pending.undo();
    if (this.#writes === this.#marked) return;
    this.#tables.queues.undo();
    this.#tables.settle();
    forgetRows(this.#tables);
    this.#tables.events.undo();
  }

  /** Before the commit: what was gathered goes to the file. */
  write(): void {
    this.#tables.settle();
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
    for (const { pending } of this.#tables.gathering) pending.forget();
    this.#tables.queues.forget();
    this.#tables.events.forget();
    forgetRows(this.#tables);
  }

  /** For a quiet moment, in a transaction: what says nothing any more goes. */
  tidy(nowMs: number): void {
    this.#tables.fair.dropPast(nowMs - storeLimits.fairFlowKeptMs);
  }
}
