// How large a picture is, by what its file says, of each format that engines read. Pure; decodes nothing,
// so it may be asked of what a stranger sent. The engine is who refuses a picture that lies about its size.
//
//   PNG   signature, IHDR: width and height as 32 bits, big-endian
//   JPEG  segments (FF, marker, length) until a start of frame: height and width as 16 bits
//   WebP  RIFF, then VP8X (24 bits, less one), VP8L (14 bits, less one) or VP8 (14 bits)
//   GIF   width and height as 16 bits, little-endian
//   TIFF  the first directory's entries 256 and 257, in the file's own byte order
//   HEIF  boxes meta, iprp, ipco: the largest of their `ispe`, as 32 bits (AVIF is one, too)

/** Segments of a JPEG, or boxes beside one another, that are looked at. More: the rest is not. */
const segmentsMax = 1_000;

/** Undefined for other formats, and for what ends too early. */
export function pixelsOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, 0, "\x89PNG\r\n\x1a\n")) return pngPixels(view);
  if (startsWith(bytes, 0, "\xff\xd8")) return jpegPixels(view);
  if (startsWith(bytes, 0, "RIFF") && startsWith(bytes, 8, "WEBP")) return webpPixels(bytes, view);
  if (startsWith(bytes, 0, "GIF8")) return gifPixels(view);
  if (startsWith(bytes, 0, "II*\0")) return tiffPixels(view, true);
  if (startsWith(bytes, 0, "MM\0*")) return tiffPixels(view, false);
  if (startsWith(bytes, 4, "ftyp")) return heifPixels(bytes);
  return undefined;
}

const startsWith = (bytes: Uint8Array, from: number, text: string): boolean =>
  bytes.byteLength >= from + text.length &&
  [...text].every((letter, index) => bytes[from + index] === letter.charCodeAt(0));

const area = (width: number, height: number): number | undefined =>
  width > 0 && height > 0 ? width * height : undefined;

const pngPixels = (view: DataView): number | undefined =>
  view.byteLength < 24 ? undefined : area(view.getUint32(16), view.getUint32(20));

/** Starts of frame are C0 to CF, but for the tables C4 and CC and the extension C8. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function jpegPixels(view: DataView): number | undefined {
  let at = 2;
  for (let segment = 0; segment < segmentsMax && at + 9 <= view.byteLength; segment += 1) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (isFrame(marker)) return area(view.getUint16(at + 7), view.getUint16(at + 5));
    // A byte of filling before the next marker.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function webpPixels(bytes: Uint8Array, view: DataView): number | undefined {
  if (view.byteLength < 30) return undefined;
  const word = (at: number): number => view.getUint16(at, true);
  if (startsWith(bytes, 12, "VP8X")) {
    const side = (at: number): number => (word(at) | (view.getUint8(at + 2) << 16)) + 1;
    return area(side(24), side(27));
  }
  if (startsWith(bytes, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return area((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  return startsWith(bytes, 12, "VP8 ") ? area(word(26) & 0x3fff, word(28) & 0x3fff) : undefined;
}

const gifPixels = (view: DataView): number | undefined =>
  view.byteLength < 10 ? undefined : area(view.getUint16(6, true), view.getUint16(8, true));

function tiffPixels(view: DataView, isLittle: boolean): number | undefined {
  if (view.byteLength < 8) return undefined;
  const from = view.getUint32(4, isLittle);
  if (from + 2 > view.byteLength) return undefined;
  const entries = view.getUint16(from, isLittle);
  const sides = new Map<number, number>();
  for (let entry = 0, at = from + 2; entry < entries && at + 12 <= view.byteLength; entry += 1) {
    const isShort = view.getUint16(at + 2, isLittle) === 3;
    const value = isShort ? view.getUint16(at + 8, isLittle) : view.getUint32(at + 8, isLittle);
    sides.set(view.getUint16(at, isLittle), value);
    at += 12;
  }
  return area(sides.get(256) ?? 0, sides.get(257) ?? 0);
}

function heifPixels(bytes: Uint8Array): number | undefined {
  // What a full box has before its contents: a version and flags.
  const [meta] = boxesIn(bytes, "meta");
  const [properties] = meta ? boxesIn(meta.subarray(4), "iprp") : [];
  const [container] = properties ? boxesIn(properties, "ipco") : [];
  const areas = (container ? boxesIn(container, "ispe") : []).flatMap((box) => {
    if (box.byteLength < 12) return [];
    const view = new DataView(box.buffer, box.byteOffset, box.byteLength);
    return area(view.getUint32(4), view.getUint32(8)) ?? [];
  });
  return areas.length === 0 ? undefined : Math.max(...areas);
}

/** The contents of the boxes of a kind; what ends too early is none. */
function boxesIn(bytes: Uint8Array, kind: string): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0, seen = 0; at + 8 <= bytes.byteLength && seen < segmentsMax; seen += 1) {
    const size = view.getUint32(at);
    if (size < 8) break;
    const isWhole = at + size <= bytes.byteLength;
    if (isWhole && startsWith(bytes, at + 4, kind)) found.push(bytes.subarray(at + 8, at + size));
    at += size;
  }
  return found;
}
