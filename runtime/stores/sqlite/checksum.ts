// CRC-32 over what a row holds. SQLite does not checksum its pages: a byte that flips on the disk
// comes back as plain wrong data, which only a checksum in the row can tell.
import { crc32 } from "node:zlib";

/** Covers the owner's name, the values with their borders and order, and the bytes. */
export function checksum(
  values: readonly (string | number | null)[],
  bytes?: Uint8Array,
  owner = "",
): number {
  // Hot: one text that grows is half the price of a list of texts that is joined.
  let text = owner;
  for (const value of values) {
    if (value === null) text += "-;";
    else if (typeof value === "string") text += `${value.length}:${value};`;
    else text += bordered(String(value));
  }
  const ofValues = crc32(text);
  // Without bytes zlib may forget the value so far, depending on where the empty buffer came from.
  return bytes && bytes.byteLength > 0 ? crc32(bytes, ofValues) : ofValues;
}

const bordered = (text: string): string => `${text.length}:${text};`;

/**
 * The text as it can come back from the database: UTF-8 cannot hold half a surrogate pair, which a
 * text that was cut to a length may end in. Texts with a checksum pass through here first.
 */
export const storable = (text: string): string =>
  halfPair.test(text) ? Buffer.from(text).toString() : text;

const halfPair = /[\ud800-\udfff]/;
