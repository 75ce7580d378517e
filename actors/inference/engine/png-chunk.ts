// Pure. A chunk of a PNG file: length, name, data, and the check sum of name and data.
import { crc32 } from "node:zlib";

const signatureBytes = 8;
/** Length, name and check sum. */
const frameBytes = 12;
const headerEnd = signatureBytes + frameBytes + 13;
/** Chunks of a file that are looked at. More: the rest is not. */
const chunksMax = 100_000;

export interface PngChunk {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The chunk as it stands in a file. */
export function pngChunk({ name, data }: PngChunk): Buffer {
  const chunk = Buffer.alloc(frameBytes + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(name, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** `file` must be a PNG; the chunk comes right behind its header. */
export const withPngChunk = (file: Buffer, chunk: PngChunk): Buffer =>
  Buffer.concat([file.subarray(0, headerEnd), pngChunk(chunk), file.subarray(headerEnd)]);

/** Those of these names whose check sums fit, up to the end of the picture; their data are views of the file. */
export function* pngChunksIn(file: Uint8Array, names: ReadonlySet<string>): Generator<PngChunk> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let at = signatureBytes;
  for (let seen = 0; seen < chunksMax && at + frameBytes <= bytes.length; seen += 1) {
    const dataEnd = at + 8 + bytes.readUInt32BE(at);
    if (dataEnd + 4 > bytes.length) return;
    const name = bytes.toString("latin1", at + 4, at + 8);
    if (name === "IEND") return;
    if (names.has(name) && crc32(bytes.subarray(at + 4, dataEnd)) === bytes.readUInt32BE(dataEnd)) {
      yield { name, data: bytes.subarray(at + 8, dataEnd) };
    }
    at = dataEnd + 4;
  }
}
