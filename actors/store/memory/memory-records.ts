// Tables of records in memory: sorted rows for each index, and a journal by which a refused command is
// undone. It keeps cells as the other back ends do, so nobody can change a kept record from outside.
import { Failure } from "#protocols/failure.ts";
import type { RecordKey, RecordRange, RecordShelf } from "../record-shelf.ts";
import { type Cell, compareCells } from "../records/record-column.ts";
import {
  type AnyTable,
  damageIn,
  isIndexed,
  type KeptRow,
  notAsRead,
  type RecordIndex,
  type RecordTable,
} from "../records/record-table.ts";
import { SortedList } from "../sorted-list.ts";

interface HeldTable {
  readonly rows: Map<string, KeptRow>;
  readonly indexes: ReadonlyMap<
    string,
    { readonly of: RecordIndex; readonly sorted: SortedList<KeptRow> }
  >;
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

  /** Does that; when it fails, nothing of what it wrote is left. */
  undoable<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      while (this.#undoing.length > 0) this.#undoing.pop()?.();
      throw cause;
    } finally {
      this.#undoing.length = 0;
    }
  }

  #within<I extends string>(
    table: RecordTable<object, I>,
    index: I | "key",
    range: RecordRange,
  ): KeptRow[] {
    const { of, sorted } = this.#held(table).indexes.get(index) ?? {};
    if (!of || !sorted)
      throw new Failure("internal", `${table.name} has no index ${index}; declare it`);
    const found: KeptRow[] = [];
    if (range.limit < 1) return found;
    for (const row of inRange(sorted, of.positions, range)) {
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
      if (isIndexed(of, row.cells)) sorted.remove(row);
    }
  }

  #held(table: AnyTable): HeldTable {
    const known = this.#tables.get(table.name);
    if (known) return known;
    const indexes = new Map(
      [...table.indexes].map(([name, of]) => [name, { of, sorted: sortedBy(of.positions) }]),
    );
    const held = { rows: new Map<string, KeptRow>(), indexes };
    this.#tables.set(table.name, held);
    return held;
  }
}

const keyOf = (table: AnyTable, { cells }: KeptRow): string =>
  JSON.stringify(table.key.map((place) => cells[place]));

const sortedBy = (positions: readonly number[]): SortedList<KeptRow> =>
  new SortedList((a, b) => {
    for (const position of positions) {
      const order = compareCells(a.cells[position] ?? null, b.cells[position] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  });

/** The rows of a range in its order. A bounded column that is null is in no range, but sorts first. */
function* inRange(
  sorted: SortedList<KeptRow>,
  positions: readonly number[],
  { equal = [], from, before, order }: Omit<RecordRange, "limit">,
): Generator<KeptRow> {
  const low = from === undefined ? equal : [...equal, from];
  const high = before === undefined ? equal : [...equal, before];
  const isBelow = (row: KeptRow): boolean => against(row, positions, low) < 0;
  const isInside = (row: KeptRow): boolean => {
    const place = against(row, positions, high);
    return before === undefined ? place <= 0 : place < 0;
  };
  const bounded = from === undefined && before === undefined ? undefined : positions[equal.length];
  const rows = order === "down" ? sorted.downFrom(isInside) : sorted.from(isBelow);
  for (const row of rows) {
    if (order === "down" ? isBelow(row) : !isInside(row)) return;
    if (bounded === undefined || row.cells[bounded] !== null) yield row;
  }
}

/** The row's first columns in the order of the index against these values. */
function against(row: KeptRow, positions: readonly number[], values: readonly Cell[]): number {
  for (const [index, value] of values.entries()) {
    const order = compareCells(row.cells[positions[index] ?? 0] ?? null, value);
    if (order !== 0) return order;
  }
  return 0;
}

/** Another row has the same values in the columns of a unique index. */
function isTaken(
  index: RecordIndex,
  sorted: SortedList<KeptRow>,
  row: KeptRow,
  table: AnyTable,
): boolean {
  if (!isIndexed(index, row.cells)) return false;
  const equal = index.positions.slice(0, index.width).map((place) => row.cells[place] ?? null);
  const [other] = sorted.from((row) => against(row, index.positions, equal) < 0);
  if (other === undefined || against(other, index.positions, equal) !== 0) return false;
  return keyOf(table, other) !== keyOf(table, row);
}
