// Tables of records in memory: sorted rows for each index, and a journal by which a refused command is
// undone. It keeps cells as the other back ends do, so nobody can change a kept record from outside.
import { Failure } from "#protocols/failure.ts";
import type { RecordKey, RecordRange, RecordShelf } from "../record-shelf.ts";
import {
  damageIn,
  isIndexed,
  type KeptRow,
  type RecordIndex,
  type RecordTable,
} from "./record-table.ts";
import { type Bounds, SortedRows } from "./sorted-rows.ts";

// biome-ignore lint/suspicious/noExplicitAny: only `any` stands for tables of every kind of record.
type AnyTable = RecordTable<any>;

interface HeldTable {
  readonly rows: Map<string, KeptRow>;
  readonly indexes: ReadonlyMap<string, { readonly of: RecordIndex; readonly sorted: SortedRows }>;
}

export class MemoryRecords implements RecordShelf {
  readonly #tables = new Map<string, HeldTable>();
  readonly #undoing: (() => void)[] = [];

  get<R extends object>(table: RecordTable<R>, key: RecordKey): R | undefined {
    const row = this.#held(table).rows.get(JSON.stringify(key));
    return row && table.read(row);
  }

  scan<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): readonly R[] {
    return this.#within(table, index, range).map((row) => table.read(row));
  }

  put<R extends object>(table: RecordTable<R>, record: R, former: R | undefined): void {
    const row = table.keep(record);
    const held = this.#held(table);
    const found = held.rows.get(keyOf(table, row));
    const expected = former && table.keep(former).check;
    if (found?.check !== expected) throw notAsRead(table, row);
    for (const { of, sorted } of held.indexes.values()) {
      if (of.isUnique && isTaken(of, sorted, row, table)) throw notAsRead(table, row);
    }
    if (found) this.#remove(table, found);
    this.#insert(table, row);
  }

  drop<R extends object>(table: RecordTable<R>, record: R): void {
    const row = table.keep(record);
    const found = this.#held(table).rows.get(keyOf(table, row));
    if (found?.check !== row.check) throw notAsRead(table, row);
    this.#remove(table, found);
  }

  trim<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): number {
    const rows = this.#within(table, index, range);
    for (const row of rows) this.#remove(table, row);
    return rows.length;
  }

  check<R extends object>(table: RecordTable<R>): readonly string[] {
    return damageIn(table, this.#held(table).rows.values());
  }

  /** Takes a row in as it is, checksum and all. */
  load(table: AnyTable, row: KeptRow): void {
    const found = this.#held(table).rows.get(keyOf(table, row));
    if (found) this.#remove(table, found);
    this.#insert(table, row);
  }

  /** Where a command begins, for `undo`. */
  mark(): number {
    return this.#undoing.length;
  }

  /** Takes back what was written since then. */
  undo(mark: number): void {
    while (this.#undoing.length > mark) this.#undoing.pop()?.();
  }

  /** What was written stays. */
  settle(): void {
    this.#undoing.length = 0;
  }

  #within<I extends string>(
    table: RecordTable<object, I>,
    index: I | "key",
    range: RecordRange,
  ): KeptRow[] {
    const sorted = this.#held(table).indexes.get(index)?.sorted;
    if (!sorted) throw new Failure("internal", `${table.name} has no index ${index}; declare it`);
    const bounds: Bounds = {
      equal: range.equal ?? [],
      from: range.from,
      before: range.before,
    };
    const found: KeptRow[] = [];
    if (range.limit < 1) return found;
    for (const row of range.order === "down" ? sorted.down(bounds) : sorted.up(bounds)) {
      found.push(row);
      if (found.length === range.limit) break;
    }
    return found;
  }

  #insert(table: AnyTable, row: KeptRow): void {
    this.#enter(table, row);
    this.#undoing.push(() => this.#leave(table, row));
  }

  #remove(table: AnyTable, row: KeptRow): void {
    this.#leave(table, row);
    this.#undoing.push(() => this.#enter(table, row));
  }

  #enter(table: AnyTable, row: KeptRow): void {
    const held = this.#held(table);
    held.rows.set(keyOf(table, row), row);
    for (const { of, sorted } of held.indexes.values()) {
      if (isIndexed(of, row.cells)) sorted.add(row);
    }
  }

  #leave(table: AnyTable, row: KeptRow): void {
    const held = this.#held(table);
    held.rows.delete(keyOf(table, row));
    for (const { of, sorted } of held.indexes.values()) {
      if (isIndexed(of, row.cells)) sorted.delete(row);
    }
  }

  #held(table: AnyTable): HeldTable {
    const known = this.#tables.get(table.name);
    if (known) return known;
    const indexes = new Map(
      [...table.indexes].map(([name, of]) => [name, { of, sorted: new SortedRows(of.positions) }]),
    );
    const held = { rows: new Map<string, KeptRow>(), indexes };
    this.#tables.set(table.name, held);
    return held;
  }
}

const keyOf = (table: AnyTable, { cells }: KeptRow): string =>
  JSON.stringify(table.key.map((place) => cells[place]));

/** Another row has the same values in the columns of a unique index. */
function isTaken(index: RecordIndex, sorted: SortedRows, row: KeptRow, table: AnyTable): boolean {
  if (!isIndexed(index, row.cells)) return false;
  const equal = index.positions.slice(0, index.width).map((place) => row.cells[place] ?? null);
  const [other] = sorted.up({ equal, from: undefined, before: undefined });
  return other !== undefined && keyOf(table, other) !== keyOf(table, row);
}

/** A decision wrote over what it had not read: a bug of the decision. */
export const notAsRead = (table: AnyTable, { cells }: KeptRow): Failure => {
  const key = table.key.map((place) => String(cells[place])).join(", ");
  return new Failure("internal", `${table.name} (${key}) is not as it was read; read it again`);
};
