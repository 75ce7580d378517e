// How a batch names its payloads when some of them travel in chunks: for each the number of its
// transfer, or 0 when it stands behind the batch, and its size. Pure.
import { Failure } from "#protocols/failure.ts";

const entryBytes = 16;

export interface PayloadEntry {
  /** 0: a part of the batch. */
  readonly transfer: number;
  readonly size: number;
}

export function encodePayloadTable(entries: readonly PayloadEntry[]): Buffer {
  const bytes = Buffer.allocUnsafe(entries.length * entryBytes);
  for (const [index, { transfer, size }] of entries.entries()) {
    bytes.writeDoubleBE(transfer, index * entryBytes);
    bytes.writeDoubleBE(size, index * entryBytes + 8);
  }
  return bytes;
}

/** Fails with `invalid` unless it has so many sensible entries. */
export function decodePayloadTable(bytes: Buffer, count: number): readonly PayloadEntry[] {
  if (bytes.length !== count * entryBytes) {
    const text = `a table of ${count} payloads has ${count * entryBytes} bytes, got ${bytes.length}`;
    throw new Failure("invalid", text);
  }
  return Array.from({ length: count }, (_, index) => {
    const transfer = bytes.readDoubleBE(index * entryBytes);
    const size = bytes.readDoubleBE(index * entryBytes + 8);
    if (isCount(transfer) && isCount(size) && size > 0) return { transfer, size };
    throw new Failure("invalid", `a payload's transfer is ${transfer} and its size ${size}`);
  });
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
