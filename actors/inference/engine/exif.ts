// Pure. Rewrites the orientation in an EXIF block: the pixels have been turned upright, so a viewer
// must not turn them again.
//
// An EXIF block is a small TIFF file: byte order ("II" or "MM"), 42, the offset of the first
// directory, and there a count and that many entries of 12 bytes:
//
//   | tag | type | count   | value or offset |
//     2     2      4         4
const prefix = Buffer.from("Exif\0\0", "latin1");
const entryBytes = 12;
const orientationTag = 0x0112;
const shortType = 3;
const upright = 1;

/** The TIFF part with orientation 1 where it had one, or undefined when the block is malformed. */
export function uprightExif(block: Uint8Array): Buffer | undefined {
  const tiff = Buffer.from(startsWith(block, prefix) ? block.subarray(prefix.length) : block);
  if (tiff.length < 8) return undefined;
  const isLittle = tiff.toString("latin1", 0, 2) === "II";
  if (!isLittle && tiff.toString("latin1", 0, 2) !== "MM") return undefined;
  const read16 = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const read32 = (at: number) => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = read32(4);
  if (read16(2) !== 42 || directory + 2 > tiff.length) return undefined;
  const entriesEnd = directory + 2 + read16(directory) * entryBytes;
  if (entriesEnd > tiff.length) return undefined;
  for (let entry = directory + 2; entry < entriesEnd; entry += entryBytes) {
    if (read16(entry) === orientationTag) writeUpright(tiff, entry, isLittle ? "little" : "big");
  }
  return tiff;
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  start.every((byte, at) => bytes[at] === byte);

/** Makes the entry a single short of value 1; a short sits in the first half of the value field. */
function writeUpright(tiff: Buffer, entry: number, order: "little" | "big"): void {
  const view = new DataView(tiff.buffer, tiff.byteOffset + entry, entryBytes);
  const isLittle = order === "little";
  view.setUint16(2, shortType, isLittle);
  view.setUint32(4, 1, isLittle);
  view.setUint32(8, 0, isLittle);
  view.setUint16(8, upright, isLittle);
}
