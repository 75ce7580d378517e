// The checksum in each frame's header, over everything else of it and over the parts that follow: what
// was changed on its way is never delivered. Not against forgery; that is for the keys. Pure.
//
//    0                     24      28
//   | header ............ | crc32 | fields or envelopes |   | part | ...
import { crc32 } from "node:zlib";

const sealAt = 24;
const sealBytes = 4;

/** To be called last, when nothing of the frame changes any more. */
export function sealFrame(head: Buffer, others: readonly Uint8Array[] = []): void {
  head.writeUInt32BE(sumOf(head, others), sealAt);
}

export const isSealed = (head: Buffer, others: readonly Uint8Array[]): boolean =>
  head.readUInt32BE(sealAt) === sumOf(head, others);

function sumOf(head: Buffer, others: readonly Uint8Array[]): number {
  let sum = crc32(head.subarray(0, sealAt));
  sum = crc32(head.subarray(sealAt + sealBytes), sum);
  for (const part of others) sum = crc32(part, sum);
  return sum;
}
