// Tables of records in a SQLite file: statements made from their declarations, prepared once. It works
// within whatever transaction its owner has open, and has none of its own.
import type { Database, Statement } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import type { RecordKey, RecordRange, RecordShelf } from "../record-shelf.ts";
import type { Cell } from "../records/record-column.ts";
import {
  damageIn,
  type KeptRow,
  notAsRead,
  type RecordIndex,
  type RecordTable,
} from "../records/record-table.ts";
import {
  deleteSql,
  getSql,
  insertSql,
  scanSql,
  selectSql,
  trimSql,
  updateSql,
} from "./record-statements.ts";

/** Statements that are kept prepared. Full: all are prepared anew as they are needed. */
const statementsMax = 500;

type Cells = readonly Cell[];
type RecordStatement = Statement<Cell[], Cell[]>;

export class SqliteRecords implements RecordShelf {
  readonly #database: Database;
  readonly #prepared = new Map<string, RecordStatement>();

  /** `database` has the tables of `record-tables.ts`. */
  constructor(database: Database) {
    this.#database = database;
  }

  get<R extends object>(table: RecordTable<R>, key: RecordKey): R | undefined {
    const cells = this.#reading(getSql(table)).get(...key);
    return cells && table.read(rowOf(cells));
  }

  scan<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): readonly R[] {
    const sql = scanSql(table, indexOf(table, index), range);
    return this.#reading(sql)
      .all(...boundsOf(range))
      .map((cells) => table.read(rowOf(cells)));
  }

  put<R extends object>(table: RecordTable<R>, record: R, former: R | undefined): void {
    const row = table.keep(record);
    if (!former) {
      this.#write(insertSql(table), [...row.cells, row.check], { table, row });
      return;
    }
    const before = table.keep(former);
    const changed = row.cells.flatMap((cell, position) =>
      cell === before.cells[position] ? [] : [position],
    );
    const values = changed.map((position) => row.cells[position] ?? null);
    const where = [...keyOf(table, before), before.check];
    this.#write(updateSql(table, changed), [...values, row.check, ...where], { table, row });
  }

  drop<R extends object>(table: RecordTable<R>, record: R): void {
    const row = table.keep(record);
    this.#write(deleteSql(table), [...keyOf(table, row), row.check], { table, row });
  }

  trim<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): number {
    const sql = trimSql(table, indexOf(table, index), range);
    return this.#statement(sql).run(...boundsOf(range)).changes;
  }

  check<R extends object>(table: RecordTable<R>): readonly string[] {
    return damageIn(table, rowsOf(this.#reading(selectSql(table)).iterate()));
  }

  /** A row stands there already, or not as it was read. */
  #write(
    sql: string,
    values: Cells,
    at: { readonly table: RecordTable<object>; readonly row: KeptRow },
  ): void {
    try {
      if (this.#statement(sql).run(...values).changes === 1) return;
    } catch (cause) {
      if (isTaken(cause)) throw notAsRead(at.table, at.row);
      throw cause;
    }
    throw notAsRead(at.table, at.row);
  }

  #reading(sql: string): RecordStatement {
    return this.#statement(sql).raw();
  }

  #statement(sql: string): RecordStatement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    if (this.#prepared.size >= statementsMax) this.#prepared.clear();
    const statement = this.#database.prepare<Cell[], Cell[]>(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

function indexOf(table: RecordTable<object>, name: string): RecordIndex {
  const index = table.indexes.get(name);
  if (index) return index;
  throw new Failure("internal", `${table.name} has no index ${name}; declare it`);
}

const boundsOf = ({ equal = [], from, before, limit }: RecordRange): Cell[] => [
  ...equal,
  ...(from === undefined ? [] : [from]),
  ...(before === undefined ? [] : [before]),
  Math.max(0, limit),
];

const keyOf = (table: RecordTable<object>, row: KeptRow): Cells =>
  table.key.map((position) => row.cells[position] ?? null);

/** The checksum comes last. */
const rowOf = (cells: Cells): KeptRow => ({
  cells: cells.slice(0, -1),
  check: Number(cells.at(-1)),
});

function* rowsOf(all: Iterable<Cells>): Generator<KeptRow> {
  for (const cells of all) yield rowOf(cells);
}

const isTaken = (cause: unknown): boolean =>
  cause instanceof Error &&
  "code" in cause &&
  (cause.code === "SQLITE_CONSTRAINT_PRIMARYKEY" ||
    cause.code === "SQLITE_CONSTRAINT_UNIQUE" ||
    cause.code === "SQLITE_CONSTRAINT_ROWID");
