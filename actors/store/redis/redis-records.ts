// The tables of records in Redis: a hash for each row, and for each index a sorted set whose members
// sort as its columns do (`ordered-member.ts`).
import { pack, unpack } from "msgpackr";
import { Failure } from "#protocols/failure.ts";
import type { RecordKey, RecordRange, RecordShelf } from "../record-shelf.ts";
import type { Cell } from "../records/record-column.ts";
import {
  type AnyTable,
  corruptRow,
  damageIn,
  isIndexed,
  type KeptRow,
  notAsRead,
  type RecordIndex,
  type RecordTable,
} from "../records/record-table.ts";
import type { Keyspace } from "./keyspace.ts";
import { type MemberRange, memberRange, orderedMember, rowIdOf } from "./ordered-member.ts";
import type { StoreKeys } from "./redis-store-keys.ts";

const onlyField = "row";
/** Rows that a check reads at a time. */
const pageMax = 500;

export class RedisRecords implements RecordShelf {
  readonly #keyspace: Keyspace;
  readonly #keys: StoreKeys;

  constructor(keyspace: Keyspace, keys: StoreKeys) {
    this.#keyspace = keyspace;
    this.#keys = keys;
  }

  /** Asks for a row that will be read, so that it comes with others. */
  anticipate(table: AnyTable, key: RecordKey): void {
    const row = this.#keys.record(table.name, idOf(key));
    this.#keyspace.expect({ kind: "hash", key: row });
  }

  get<R extends object>(table: RecordTable<R>, key: RecordKey): R | undefined {
    const row = this.#row(table, idOf(key));
    return row && table.read(row);
  }

  scan<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): readonly R[] {
    return this.#members(table, index, range).map((member) => {
      const row = this.#row(table, rowIdOf(member));
      if (row) return table.read(row);
      // An index has it, and it is not there.
      throw damaged(table, rowIdOf(member));
    });
  }

  put<R extends object>(table: RecordTable<R>, record: R, former: R | undefined): void {
    const row = table.keep(record);
    const found = this.#row(table, rowId(table, row));
    const expected = former && table.keep(former).check;
    if (found?.check !== expected) throw notAsRead(table, row);
    for (const [name, index] of table.indexes) {
      if (index.isUnique && this.#isTaken(table, name, index, row)) throw notAsRead(table, row);
    }
    if (found) this.#leave(table, found);
    const key = this.#keys.record(table.name, rowId(table, row));
    this.#keyspace.setField(key, onlyField, Buffer.from(pack([row.check, ...row.cells])));
    for (const [name, index] of table.indexes) {
      if (!isIndexed(index, row.cells)) continue;
      const member = memberOf(table, index, row);
      this.#keyspace.rank(this.#keys.recordIndex(table.name, name), { member, score: 0 });
    }
  }

  drop<R extends object>(table: RecordTable<R>, record: R): void {
    const row = table.keep(record);
    const found = this.#row(table, rowId(table, row));
    if (found?.check !== row.check) throw notAsRead(table, row);
    this.#remove(table, found);
  }

  trim<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): number {
    const members = this.#members(table, index, range);
    for (const member of members) {
      const row = this.#rowOrDamaged(table, rowIdOf(member));
      if (row) this.#remove(table, row);
      // Damaged beyond recognition: it leaves at least the index that led to it.
      this.#keyspace.dropRank(this.#keys.recordIndex(table.name, index), { member, score: 0 });
      this.#keyspace.drop(this.#keys.record(table.name, rowIdOf(member)));
    }
    return members.length;
  }

  check<R extends object>(table: RecordTable<R>): readonly string[] {
    const problems: string[] = [];
    let low = "";
    for (;;) {
      const page = this.#ranged(table, "key", { low, high: "\u0005" }, "up", pageMax);
      for (const member of page) {
        const row = this.#rowOrDamaged(table, rowIdOf(member));
        if (row) problems.push(...damageIn(table, [row]));
        else problems.push(damaged(table, rowIdOf(member)).message);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < pageMax) return problems;
      low = `${last}\u0000`;
    }
  }

  #members(
    table: AnyTable,
    index: string,
    { equal = [], from, before, order = "up", limit }: RecordRange,
  ): readonly string[] {
    if (limit < 1) return [];
    const bounds = { ...(from !== undefined && { from }), ...(before !== undefined && { before }) };
    return this.#ranged(table, index, memberRange(equal, bounds), order, limit);
  }

  /** Asks for all the rows that it has found, too. */
  #ranged(
    table: AnyTable,
    index: string,
    range: MemberRange,
    order: "up" | "down",
    limit: number,
  ): readonly string[] {
    if (!table.indexes.has(index)) {
      throw new Failure("internal", `${table.name} has no index ${index}; declare it`);
    }
    const key = this.#keys.recordIndex(table.name, index);
    const members = this.#keyspace.members(key, { ...range, order, limit });
    for (const member of members) {
      const row = this.#keys.record(table.name, rowIdOf(member));
      this.#keyspace.expect({ kind: "hash", key: row });
    }
    return members;
  }

  #isTaken(table: AnyTable, name: string, index: RecordIndex, row: KeptRow): boolean {
    if (name === "key" || !isIndexed(index, row.cells)) return false;
    const equal = index.positions.slice(0, index.width).map((place) => row.cells[place] ?? null);
    const [other] = this.#ranged(table, name, memberRange(equal, {}), "up", 1);
    return other !== undefined && rowIdOf(other) !== rowId(table, row);
  }

  #row(table: AnyTable, id: string): KeptRow | undefined {
    const bytes = this.#keyspace.hash(this.#keys.record(table.name, id)).get(onlyField);
    if (!bytes) return undefined;
    const row = keptRow(bytes);
    if (row && rowId(table, row) === id) return row;
    throw damaged(table, id);
  }

  #rowOrDamaged(table: AnyTable, id: string): KeptRow | undefined {
    const bytes = this.#keyspace.hash(this.#keys.record(table.name, id)).get(onlyField);
    const row = bytes && keptRow(bytes);
    return row && rowId(table, row) === id ? row : undefined;
  }

  #remove(table: AnyTable, row: KeptRow): void {
    this.#leave(table, row);
    this.#keyspace.drop(this.#keys.record(table.name, rowId(table, row)));
  }

  #leave(table: AnyTable, row: KeptRow): void {
    for (const [name, index] of table.indexes) {
      if (!isIndexed(index, row.cells)) continue;
      const member = memberOf(table, index, row);
      this.#keyspace.dropRank(this.#keys.recordIndex(table.name, name), { member, score: 0 });
    }
  }
}

const idOf = (key: readonly Cell[]): string => JSON.stringify(key);

const rowId = (table: AnyTable, { cells }: KeptRow): string =>
  idOf(table.key.map((place) => cells[place] ?? null));

/** The row that bears this id cannot be used. */
function damaged(table: AnyTable, id: string): Failure {
  const named: unknown = JSON.parse(id);
  const cells: Cell[] = table.columns.map(() => null);
  for (const [index, place] of table.key.entries()) {
    const cell: unknown = Array.isArray(named) ? named[index] : undefined;
    if (isCell(cell)) cells[place] = cell;
  }
  return corruptRow(table.name, table.key, { cells });
}

const memberOf = (table: AnyTable, index: RecordIndex, row: KeptRow): string =>
  orderedMember(
    index.positions.map((place) => row.cells[place] ?? null),
    rowId(table, row),
  );

/** Undefined for bytes that are no row; whether the row is whole is for its table to say. */
function keptRow(bytes: Buffer): KeptRow | undefined {
  const values = unpacked(bytes);
  if (!Array.isArray(values)) return undefined;
  const [check, ...cells] = values;
  return typeof check === "number" && cells.every(isCell) ? { check, cells } : undefined;
}

const isCell = (value: unknown): value is Cell =>
  value === null ||
  typeof value === "string" ||
  typeof value === "number" ||
  value instanceof Uint8Array;

function unpacked(bytes: Buffer): unknown {
  try {
    return unpack(bytes);
  } catch {
    return undefined;
  }
}
