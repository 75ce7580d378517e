// CRC-32 over what a row holds. SQLite does not checksum its pages: a byte that flips on the disk
// comes back as plain wrong data, which only a checksum in the row can tell.
import { crc32 } from "node:zlib";

/** Covers the values with their borders and order, then the bytes. */
export function checksum(values: readonly (string | number | null)[], bytes?: Uint8Array): number {
  const ofValues = crc32(values.map(bordered).join(""));
  // Without bytes zlib may forget the value so far, depending on where the empty buffer came from.
  return bytes && bytes.byteLength > 0 ? crc32(bytes, ofValues) : ofValues;
}

const bordered = (value: string | number | null): string =>
  value === null ? "-;" : `${String(value).length}:${value};`;

/**
 * The text as it can come back from the database: UTF-8 cannot hold half a surrogate pair, which a
 * text that was cut to a length may end in. Texts with a checksum pass through here first.
 */
export const storable = (text: string): string => Buffer.from(text).toString();
