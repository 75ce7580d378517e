// Lists of words as one: MessagePack as `cmsgpack` of Redis reads it, which knows only one kind of
// bytes, for texts and binary alike, and none of the newer headers.
import type { Command, Word } from "./keyspace-changes.ts";

const headBytesMax = 5;

/** One list of all commands, each a list of its words. */
export function packedWords(commands: readonly Command[]): Buffer {
  let bytesMax = headBytesMax;
  for (const command of commands) {
    bytesMax += headBytesMax;
    for (const word of command) bytesMax += headBytesMax + bytesMaxOf(word);
  }
  const packed = Buffer.allocUnsafe(bytesMax);
  let at = listHead(packed, 0, commands.length);
  for (const command of commands) {
    at = listHead(packed, at, command.length);
    for (const word of command) at = written(packed, at, word);
  }
  return packed.subarray(0, at);
}

/** UTF-8 needs three bytes at most for each unit of a text. */
const bytesMaxOf = (word: Word): number =>
  typeof word === "string" ? 3 * word.length : word.byteLength;

function listHead(packed: Buffer, at: number, length: number): number {
  if (length < 16) return packed.writeUInt8(0x90 | length, at);
  if (length < 65_536) return packed.writeUInt16BE(length, packed.writeUInt8(0xdc, at));
  return packed.writeUInt32BE(length, packed.writeUInt8(0xdd, at));
}

/** The head's size is chosen by what the word can take at most, before it is written behind it. */
function written(packed: Buffer, at: number, word: Word): number {
  const bytesMax = bytesMaxOf(word);
  const from = at + headSize(bytesMax);
  const size = typeof word === "string" ? packed.write(word, from) : word.byteLength;
  if (typeof word !== "string") packed.set(word, from);
  if (bytesMax < 32) packed.writeUInt8(0xa0 | size, at);
  else if (bytesMax < 65_536) packed.writeUInt16BE(size, packed.writeUInt8(0xda, at));
  else packed.writeUInt32BE(size, packed.writeUInt8(0xdb, at));
  return from + size;
}

function headSize(bytesMax: number): number {
  if (bytesMax < 32) return 1;
  return bytesMax < 65_536 ? 3 : headBytesMax;
}
