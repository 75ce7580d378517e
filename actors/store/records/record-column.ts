// A column of a table of records: what the field holds, and the cell in which a back end keeps it.
// Every back end keeps the same cells, so a record comes back from each of them as it went in.
import Type, { type Static, type TSchema } from "typebox";
import { storable } from "#runtime/stores/sqlite/checksum.ts";

/** What a row holds, whatever the back end: text, numbers, bytes. */
export type Cell = string | number | null | Uint8Array;

/** `flag` is kept as 0 or 1, `json` as text. */
export type CellKind = "text" | "integer" | "real" | "flag" | "json" | "bytes";

export interface Column<T> {
  /** In the table. */
  readonly name: string;
  readonly kind: CellKind;
  readonly schema: TSchema;
  /** Never present: carries the type. */
  readonly $type?: T;
}

const column = <S extends TSchema>(name: string, kind: CellKind, schema: S): Column<Static<S>> => ({
  name,
  kind,
  schema,
});

const Text = Type.String();
const Whole = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });

export const text = (name: string): Column<string> => column(name, "text", Text);
/** One of a closed set of words. */
export const word = <S extends TSchema>(name: string, schema: S): Column<Static<S>> =>
  column(name, "text", schema);
export const integer = (name: string): Column<number> => column(name, "integer", Whole);
export const real = (name: string): Column<number> => column(name, "real", Type.Number());
export const flag = (name: string): Column<boolean> => column(name, "flag", Type.Boolean());
export const json = <S extends TSchema>(name: string, schema: S): Column<Static<S>> =>
  column(name, "json", schema);
export const bytes = (name: string): Column<Uint8Array> => {
  const isBytes = (value: unknown): boolean => value instanceof Uint8Array;
  return column(name, "bytes", Type.Refine(Type.Unsafe<Uint8Array>({}), isBytes));
};

export const orNull = <T>({ name, kind, schema }: Column<T>): Column<T | null> => ({
  name,
  kind,
  schema: Type.Union([schema, Type.Null()]),
});

/** `undefined` for a value that the column cannot hold. */
export function cellOf(value: unknown, kind: CellKind): Cell | undefined {
  if (value === null) return null;
  switch (kind) {
    case "text":
      return typeof value === "string" ? storable(value) : undefined;
    case "integer":
    case "real":
      // There is one zero in a database.
      return typeof value === "number" ? value + 0 : undefined;
    case "flag":
      return typeof value === "boolean" ? Number(value) : undefined;
    case "json":
      return JSON.stringify(value);
    case "bytes":
      return value instanceof Uint8Array ? new Uint8Array(value) : undefined;
    default:
      return kind satisfies never;
  }
}

/** What the cell says; throws a `SyntaxError` for damaged JSON. */
export function valueIn(cell: Cell, kind: CellKind): unknown {
  if (cell === null) return null;
  switch (kind) {
    case "flag":
      return cell === 0 ? false : cell === 1 ? true : cell;
    case "json":
      return typeof cell === "string" ? JSON.parse(cell) : cell;
    case "bytes":
      // A copy, and no Buffer: nobody can change what is kept.
      return cell instanceof Uint8Array ? new Uint8Array(cell) : cell;
    default:
      return cell;
  }
}

/** In the order of SQLite: null, numbers, texts by their UTF-8 bytes. Bytes are in no index. */
export function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  if (typeof b === "number") return 1;
  return typeof a === "string" && typeof b === "string" ? compareTexts(a, b) : 0;
}

/** UTF-16 puts surrogates before the last of the single units; UTF-8 puts them behind. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return placeOf(left) - placeOf(right);
  }
  return a.length - b.length;
}

const placeOf = (unit: number): number =>
  unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
