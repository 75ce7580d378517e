// A table of records, declared once as data: its columns, its key, its indexes. From that come what
// every back end keeps (cells and their checksum) and what a reader may rely on (a checked record).
import { crc32 } from "node:zlib";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import { firstMisfit } from "#protocols/value-misfit.ts";
import { type Cell, type CellKind, type Column, cellOf, valueIn } from "./record-column.ts";

/** A record as a back end keeps it: the cells in the order of the columns, and their CRC-32. */
export interface KeptRow {
  readonly cells: readonly Cell[];
  readonly check: number;
}

/** Rows by some columns, then by the key. With `where` only those of which that holds. */
export interface RecordIndex {
  readonly name: string;
  /** Positions of its columns, those of the key last. */
  readonly positions: readonly number[];
  /** Of its own columns, without the key's. */
  readonly width: number;
  readonly where: IndexCondition | null;
  readonly isUnique: boolean;
}

export interface IndexCondition {
  readonly position: number;
  /** The cell is null, is not null, or is this text. */
  readonly is: null | "not null" | { readonly text: string };
}

export interface RecordTable<R extends object, I extends string = string> {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly kind: CellKind }[];
  /** Positions of the key's columns. */
  readonly key: readonly number[];
  /** By the names that were declared, and one named `key`. */
  readonly indexes: ReadonlyMap<string, RecordIndex>;
  /** Never present: carries the names of the indexes. */
  readonly $index?: I;
  /** Fails with `invalid` when the record does not fit its columns. */
  keep(record: R): KeptRow;
  /** Fails with `corrupt` when the row does not fit its checksum, or is no such record. */
  read(row: KeptRow): R;
}

// biome-ignore lint/suspicious/noExplicitAny: only `any` lets columns of every type stand in one table.
type Columns = { readonly [field: string]: Column<any> };
export type RecordOf<C extends Columns> = {
  readonly [F in keyof C]: C[F] extends Column<infer T> ? T : never;
};
/** What a table's records are. */
export type RowOf<T> = T extends RecordTable<infer R, infer _> ? R : never;

export interface IndexTerms<F extends string> {
  readonly on: readonly F[];
  readonly where?: readonly [field: F, is: null | "not null" | { readonly text: string }];
  readonly isUnique?: boolean;
}

export interface TableTerms<C extends Columns, I extends string> {
  readonly name: string;
  readonly columns: C;
  readonly key: readonly (keyof C & string)[];
  readonly indexes: { readonly [N in I]: IndexTerms<keyof C & string> };
}

export function recordTable<C extends Columns, I extends string>(
  terms: TableTerms<C, I>,
): RecordTable<RecordOf<C>, I> {
  const fields = Object.keys(terms.columns);
  const columns = Object.values(terms.columns);
  const schema = Type.Object(
    Object.fromEntries(Object.entries(terms.columns).map(([field, { schema }]) => [field, schema])),
  );
  const check = Compile(schema);
  const isRecord = (value: unknown): value is RecordOf<C> => check.Check(value);
  const position = (field: string): number => fields.indexOf(field);
  const key = terms.key.map(position);
  return {
    name: terms.name,
    columns: columns.map(({ name, kind }) => ({ name, kind })),
    key,
    indexes: indexesOf(terms, key, position),
    keep(record) {
      const cells = isRecord(record) ? cellsOf(record, fields, columns) : undefined;
      if (cells) return { cells, check: checkOf(cells) };
      const [...wrong] = check.Errors(record);
      const { path, why } = firstMisfit(wrong, record);
      const text = wrong.length === 0 ? "a field cannot be kept" : `${path} ${why}`;
      throw new Failure("invalid", `no record of ${terms.name}: ${text}`);
    },
    read(row) {
      const record = checkOf(row.cells) === row.check ? valuesOf(row, fields, columns) : undefined;
      if (isRecord(record)) return record;
      throw corruptRow(terms.name, key, row);
    },
  };
}

/** Index `key` orders the rows by the key alone. */
function indexesOf<C extends Columns, I extends string>(
  { name, indexes }: TableTerms<C, I>,
  key: readonly number[],
  position: (field: string) => number,
): ReadonlyMap<string, RecordIndex> {
  const all = new Map<string, RecordIndex>();
  const own = { positions: key, width: key.length, where: null, isUnique: true };
  all.set("key", { name: `${name}_key`, ...own });
  for (const [short, terms] of Object.entries<IndexTerms<string>>(indexes)) {
    const on = terms.on.map(position);
    const [field, is] = terms.where ?? [];
    all.set(short, {
      name: `${name}_${short}`,
      positions: [...on, ...key.filter((place) => !on.includes(place))],
      width: on.length,
      where: field === undefined || is === undefined ? null : { position: position(field), is },
      isUnique: terms.isUnique ?? false,
    });
  }
  return all;
}

function cellsOf(
  record: object,
  fields: readonly string[],
  columns: readonly Column<unknown>[],
): readonly Cell[] | undefined {
  const cells: Cell[] = [];
  for (const [index, column] of columns.entries()) {
    const cell = cellOf(Reflect.get(record, fields[index] ?? ""), column.kind);
    if (cell === undefined) return undefined;
    cells.push(cell);
  }
  return cells;
}

function valuesOf(
  row: KeptRow,
  fields: readonly string[],
  columns: readonly Column<unknown>[],
): object {
  const record: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) {
    record[fields[index] ?? ""] = valueIn(row.cells[index] ?? null, column.kind);
  }
  return record;
}

/** Covers the cells with their kinds, borders and order. */
function checkOf(cells: readonly Cell[]): number {
  let covered = "";
  for (const cell of cells) {
    if (cell === null) covered += "-;";
    else if (typeof cell === "number") covered += `${cell};`;
    else if (typeof cell === "string") covered += `${cell.length}:${cell};`;
    else covered += `${cell.byteLength}#${crc32(cell)};`;
  }
  return crc32(covered);
}

export const corruptRow = (
  table: string,
  key: readonly number[],
  row: { readonly cells: readonly Cell[] },
): Failure => {
  const named = key.map((place) => String(row.cells[place] ?? null)).join(", ");
  return new Failure(
    "corrupt",
    `the row (${named}) of ${table} does not fit its checksum; restore a backup, or write the row anew`,
  );
};

/** A decision wrote over what it had not read: a bug of the decision. */
export const notAsRead = (
  table: { readonly name: string; readonly key: readonly number[] },
  { cells }: KeptRow,
): Failure => {
  const key = table.key.map((place) => String(cells[place])).join(", ");
  return new Failure("internal", `${table.name} (${key}) is not as it was read; read it again`);
};

/** What is wrong with the rows that are damaged. */
export function damageIn<R extends object>(
  table: RecordTable<R>,
  rows: Iterable<KeptRow>,
): readonly string[] {
  const found: string[] = [];
  for (const row of rows) {
    try {
      table.read(row);
    } catch (cause) {
      found.push(errorMessage(cause));
    }
  }
  return found;
}

/** Whether the row stands in the index. */
export function isIndexed(index: RecordIndex, cells: readonly Cell[]): boolean {
  if (!index.where) return true;
  const cell = cells[index.where.position] ?? null;
  const { is } = index.where;
  if (is === null) return cell === null;
  return is === "not null" ? cell !== null : cell === is.text;
}

// biome-ignore lint/suspicious/noExplicitAny: only `any` stands for tables of every kind of record.
export type AnyTable = RecordTable<any>;
