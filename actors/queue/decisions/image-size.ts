// How large a picture is, by its first bytes: PNG, JPEG and WebP. Pure; decodes nothing, so it may be
// asked of what a stranger sent. The engine is who refuses a picture that lies about its size.
//
//   PNG   signature, IHDR: width and height as 32 bits, big-endian
//   JPEG  segments (FF, marker, length) until a start of frame: height and width as 16 bits
//   WebP  RIFF, then VP8X (24 bits, less one), VP8L (14 bits, less one) or VP8 (14 bits)

/** Segments of a JPEG that are looked at before its frame. More: its size is not known. */
const segmentsMax = 1_000;

/** Undefined for other formats, and for what ends too early. */
export function pixelsOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, 0, "\x89PNG\r\n\x1a\n")) return pngPixels(view);
  if (startsWith(bytes, 0, "\xff\xd8")) return jpegPixels(view);
  if (startsWith(bytes, 0, "RIFF") && startsWith(bytes, 8, "WEBP")) return webpPixels(bytes, view);
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
