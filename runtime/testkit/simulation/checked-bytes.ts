// Bytes with a checksum in front, for what is kept on simulated disks: a flipped bit is found.
import { crc32 } from "node:zlib";

const sumBytes = 4;

export function summed(bytes: Uint8Array): Uint8Array {
  const stored = new Uint8Array(sumBytes + bytes.length);
  new DataView(stored.buffer).setUint32(0, crc32(bytes));
  stored.set(bytes, sumBytes);
  return stored;
}

/** Undefined when they do not fit their checksum, or there are none. */
export function unsummed(stored: Uint8Array | undefined): Uint8Array | undefined {
  if (stored === undefined || stored.length < sumBytes) return undefined;
  const bytes = stored.subarray(sumBytes);
  const sum = new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  return sum === crc32(bytes) ? bytes : undefined;
}
