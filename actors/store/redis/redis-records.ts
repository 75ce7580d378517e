// Tables of records in Redis: a hash for each row, a sorted set for each index. As all of the shelf, it
// reads what the keyspace knows of one commit, and writes what the next one applies.
import { Failure } from "#protocols/failure.ts";
import type { RecordKey, RecordRange, RecordShelf } from "../record-shelf.ts";
import type { Cell } from "../records/record-column.ts";
import {
  damageIn,
  isIndexed,
  type KeptRow,
  notAsRead,
  type RecordIndex,
  type RecordTable,
} from "../records/record-table.ts";
import type { Keyspace } from "./keyspace.ts";
import { boundsOfRange, keyIn, memberOf, rowKeyText } from "./record-members.ts";
import type { StoreKeys } from "./redis-store-keys.ts";

const field = "row";
/** Rows of which `check` reads at a time. */
const checkedTogether = 500;

export class RedisRecords implements RecordShelf {
  readonly #keyspace: Keyspace;
  readonly #keys: StoreKeys;

  constructor(keyspace: Keyspace, keys: StoreKeys) {
    this.#keyspace = keyspace;
    this.#keys = keys;
  }

  get<R extends object>(table: RecordTable<R>, key: RecordKey): R | undefined {
    const row = this.#row(table, rowKeyText(key));
    return row && table.read(row);
  }

  scan<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): readonly R[] {
    return this.#rows(table, this.#within(table, index, range)).map((row) => table.read(row));
  }

  put<R extends object>(table: RecordTable<R>, record: R, former: R | undefined): void {
    const row = table.keep(record);
    const key = keyTextOf(table, row);
    const found = this.#row(table, key);
    if (found?.check !== (former && table.keep(former).check)) throw notAsRead(table, row);
    for (const index of table.indexes.values()) {
      if (index.isUnique && this.#isTaken(table, index, row)) throw notAsRead(table, row);
    }
    this.#keyspace.setField(this.#keys.record(table.name, key), field, bytesOf(row));
    for (const index of table.indexes.values()) {
      const before = found && memberIn(index, key, found);
      const after = memberIn(index, key, row);
      if (before === after) continue;
      const name = this.#keys.recordIndex(index.name);
      if (before !== undefined) this.#keyspace.dropRank(name, { member: before, score: 0 });
      if (after !== undefined) this.#keyspace.rank(name, { member: after, score: 0 });
    }
  }

  drop<R extends object>(table: RecordTable<R>, record: R): void {
    const row = table.keep(record);
    const found = this.#row(table, keyTextOf(table, row));
    if (found?.check !== row.check) throw notAsRead(table, row);
    this.#remove(table, keyTextOf(table, row), found);
  }

  trim<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): number {
    const keys = this.#within(table, index, range);
    const rows = this.#rows(table, keys);
    for (const [at, key] of keys.entries()) {
      const row = rows[at];
      if (row) this.#remove(table, key, row);
    }
    return keys.length;
  }

  check<R extends object>(table: RecordTable<R>): readonly string[] {
    const problems: string[] = [];
    const name = this.#keys.recordIndex(`${table.name}_key`);
    let from = "";
    for (;;) {
      const bounds = { ...boundsOfRange({}), from };
      const members = this.#keyspace.members(name, {
        ...bounds,
        order: "up",
        count: checkedTogether,
      });
      problems.push(...damageIn(table, this.#rows(table, members.map(keyIn))));
      const end = members.at(-1);
      if (end === undefined || members.length < checkedTogether) return problems;
      from = `${end}\u0000`;
    }
  }

  /** Keys of the rows of a range. */
  #within<I extends string>(
    table: RecordTable<object, I>,
    index: I | "key",
    range: RecordRange,
  ): readonly string[] {
    const known = table.indexes.get(index);
    if (!known) throw new Failure("internal", `${table.name} has no index ${index}; declare it`);
    return this.#keysIn(known, range);
  }

  #keysIn(index: RecordIndex, { order = "up", limit, ...range }: RecordRange): readonly string[] {
    if (limit < 1) return [];
    const terms = { ...boundsOfRange(range), order, count: limit };
    return this.#keyspace.members(this.#keys.recordIndex(index.name), terms).map(keyIn);
  }

  /** Fetched together. A row that its index names is there, or is damaged. */
  #rows(table: RecordTable<object>, keys: readonly string[]): readonly KeptRow[] {
    for (const key of keys) {
      this.#keyspace.expect({ kind: "hash", key: this.#keys.record(table.name, key) });
    }
    return keys.map((key) => this.#row(table, key) ?? missingRow(table, key));
  }

  #row(table: RecordTable<object>, key: string): KeptRow | undefined {
    const bytes = this.#keyspace.hash(this.#keys.record(table.name, key)).get(field);
    if (!bytes) return undefined;
    const row = rowIn(bytes);
    return row && keyTextOf(table, row) === key ? row : missingRow(table, key);
  }

  #isTaken(table: RecordTable<object>, index: RecordIndex, row: KeptRow): boolean {
    if (index.name === `${table.name}_key` || !isIndexed(index, row.cells)) return false;
    const equal = index.positions.slice(0, index.width).flatMap((position) => {
      const cell = row.cells[position];
      return typeof cell === "string" || typeof cell === "number" ? [cell] : [];
    });
    if (equal.length < index.width) return false;
    return this.#keysIn(index, { equal, limit: 2 }).some((key) => key !== keyTextOf(table, row));
  }

  /** Of a damaged row as much as can be told: what still names it is found by `check`. */
  #remove(table: RecordTable<object>, key: string, row: KeptRow): void {
    this.#keyspace.drop(this.#keys.record(table.name, key));
    for (const index of table.indexes.values()) {
      const member = memberIn(index, key, row);
      const name = this.#keys.recordIndex(index.name);
      if (member !== undefined) this.#keyspace.dropRank(name, { member, score: 0 });
    }
  }
}

const keyTextOf = (table: RecordTable<object>, { cells }: KeptRow): string =>
  rowKeyText(table.key.map((position) => cells[position] ?? null));

const memberIn = (index: RecordIndex, key: string, { cells }: KeptRow): string | undefined =>
  isIndexed(index, cells) ? memberOf(index, key, cells) : undefined;

/** Stands for a row that cannot be read: no checksum fits it. */
function missingRow(table: RecordTable<object>, key: string): KeptRow {
  const values: unknown[] = JSON.parse(key);
  const cells = table.columns.map((_, position) => {
    const value = values[table.key.indexOf(position)];
    return typeof value === "string" || typeof value === "number" ? value : null;
  });
  return { cells, check: -1 };
}

const bytesOf = ({ check, cells }: KeptRow): Buffer =>
  Buffer.from(
    JSON.stringify([
      check,
      ...cells.map((cell) =>
        cell instanceof Uint8Array ? { base64: Buffer.from(cell).toString("base64") } : cell,
      ),
    ]),
  );

/** Undefined for what is no row; its checksum is the table's to compare. */
function rowIn(bytes: Buffer): KeptRow | undefined {
  const parts = parsed(bytes);
  if (!Array.isArray(parts)) return undefined;
  const [check, ...values]: unknown[] = parts;
  const cells = values.map(cellIn);
  return typeof check === "number" && cells.every((cell) => cell !== undefined)
    ? { check, cells }
    : undefined;
}

function cellIn(value: unknown): Cell | undefined {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value !== "object" || !("base64" in value)) return undefined;
  return typeof value.base64 === "string"
    ? new Uint8Array(Buffer.from(value.base64, "base64"))
    : undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
