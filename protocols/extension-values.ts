// Dates and big integers as they stand in an extension. Pure.
import { corrupt } from "./byte-cursor.ts";

/** The three layouts of a MessagePack timestamp, and one byte for an invalid date. */
export function dateIn(bytes: Buffer, start: number, size: number): Date {
  if (size === 1) return new Date(Number.NaN);
  if (size === 4) return new Date(bytes.readUInt32BE(start) * 1_000);
  if (size === 8) {
    const high = bytes.readUInt32BE(start);
    const seconds = (high & 3) * 2 ** 32 + bytes.readUInt32BE(start + 4);
    return new Date(seconds * 1_000 + Math.floor((high >>> 2) / 1e6));
  }
  if (size !== 12) throw corrupt(`holds a date of ${size} bytes`);
  const seconds = Number(bytes.readBigInt64BE(start + 4));
  return new Date(seconds * 1_000 + Math.floor(bytes.readUInt32BE(start) / 1e6));
}

/** In two's complement. */
export function bigIntIn(bytes: Buffer, start: number, size: number): bigint {
  if (size === 0) throw corrupt("holds a big integer without bytes");
  const digits = BigInt(`0x${bytes.toString("hex", start, start + size)}`);
  return BigInt.asIntN(size * 8, digits);
}
