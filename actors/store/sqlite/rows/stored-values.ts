// How values of records stand in columns, and what a row is that does not fit its checksum.
import { Failure } from "#protocols/failure.ts";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";

/** What a column holds, bytes aside. */
export type Stored = string | number | null;

/** Texts become what can come back; lists and objects become JSON; true and false 1 and 0. */
export function stored(value: string | number | boolean | object | null): Stored {
  if (typeof value === "string") return storable(value);
  if (typeof value === "number" || value === null) return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return storable(JSON.stringify(value));
}

/** Many rows have no text that could need it. */
export const storedOrNull = (text: string | null): string | null =>
  text === null ? null : storable(text);

/** Fails with `corrupt` when the values of the row do not fit its checksum. */
export function checkRow(
  what: string,
  row: { readonly values: readonly Stored[] },
  crc32: number,
): void {
  if (checksum(row.values) === crc32) return;
  throw corruptRow(what);
}

export const corruptRow = (what: string): Failure =>
  new Failure(
    "corrupt",
    `${what} fails its checksum; check the disk, and restore a backup of the store`,
  );
