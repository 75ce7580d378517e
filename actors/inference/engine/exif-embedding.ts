// Pure. Puts an EXIF block into a file that the encoder has just written: an APP1 segment in JPEG,
// an eXIf chunk in PNG, an EXIF chunk in WebP. GIF has no place for one, and TIFF is a directory
// of tags itself, whose own tags describe the new file; both stay as they are.
import type { OutputFormat } from "./image-format.ts";
import { withPngChunk } from "./png-chunk.ts";

/** `file` must be an image of that format without EXIF; `exif` starts with its byte order. */
export function embedExif(format: OutputFormat, file: Buffer, exif: Buffer): Buffer {
  switch (format) {
    case "jpeg":
      return embedInJpeg(file, exif);
    case "png":
      return withPngChunk(file, { name: "eXIf", data: exif });
    case "webp":
      return embedInWebp(file, exif);
    case "gif":
    case "tiff":
      return file;
    default:
      return format satisfies never;
  }
}

const app0 = 0xe0;
const segmentBytesMax = 0xffff;

/** After the start marker and JFIF's APP0. A block too long for one segment is left out. */
function embedInJpeg(file: Buffer, exif: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exif]);
  if (body.length + 2 > segmentBytesMax) return file;
  const at = file[3] === app0 ? 4 + file.readUInt16BE(4) : 2;
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([file.subarray(0, at), head, body, file.subarray(at)]);
}

const riffHeaderBytes = 12;
const exifFlag = 0x08;

/** The extended form (VP8X) announces EXIF; the simple lossy form is made extended first. */
function embedInWebp(file: Buffer, exif: Buffer): Buffer {
  const head = Buffer.from(file.subarray(0, riffHeaderBytes));
  const chunks = Buffer.from(file.subarray(riffHeaderBytes));
  const isExtended = chunks.toString("latin1", 0, 4) === "VP8X";
  if (isExtended) chunks[8] = (chunks[8] ?? 0) | exifFlag;
  const extension = isExtended ? Buffer.alloc(0) : webpExtension(chunks);
  const whole = Buffer.concat([head, extension, chunks, riffChunk("EXIF", exif)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

/** A key frame: chunk head (8), frame tag (3), start code (3), width and height of 14 bits each. */
function webpExtension(chunks: Buffer): Buffer {
  const data = Buffer.alloc(10);
  data[0] = exifFlag;
  data.writeUIntLE((chunks.readUInt16LE(14) & 0x3fff) - 1, 4, 3);
  data.writeUIntLE((chunks.readUInt16LE(16) & 0x3fff) - 1, 7, 3);
  return riffChunk("VP8X", data);
}

/** Name, size, data, and a byte that makes the length even. */
function riffChunk(name: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(8 + data.length + (data.length % 2));
  chunk.write(name, 0, "latin1");
  chunk.writeUInt32LE(data.length, 4);
  chunk.set(data, 8);
  return chunk;
}
