// Short texts that came lately. The same few come again and again, and comparing bytes with a text
// that is there costs a third of making it anew; equal texts are then one object in memory, too.

/** Bytes of a text that is remembered. */
const bytesMax = 40;
/** Places; a text takes that of another which falls on the same. */
const places = 512;

export class RecentTexts {
  readonly #texts: (string | undefined)[] = Array.from({ length: places }, () => undefined);

  /** Hot: W5. The text of so many UTF-8 bytes. */
  read(bytes: Buffer, start: number, length: number): string {
    if (length > bytesMax || length === 0) return bytes.toString("utf8", start, start + length);
    const first = bytes[start] ?? 0;
    const middle = bytes[start + (length >>> 1)] ?? 0;
    const last = bytes[start + length - 1] ?? 0;
    const lastButOne = bytes[start + length - 2] ?? 0;
    const place = (length * 67 + first * 31 + middle * 7 + lastButOne * 13 + last) & (places - 1);
    const known = this.#texts[place];
    if (known !== undefined && isText(known, bytes, start, length)) return known;
    const text = bytes.toString("utf8", start, start + length);
    // As many characters as bytes: each is one byte, or was no valid one and equals none again.
    if (text.length === length) this.#texts[place] = text;
    return text;
  }
}

/** Called by itself, and on a template: `repeated-texts.ts` says why. */
const unitAt = String.prototype.charCodeAt;

function isText(known: string, bytes: Buffer, start: number, length: number): boolean {
  const text = `${known}`;
  if (text.length !== length) return false;
  for (let index = 0; index < length; index += 1) {
    if (unitAt.call(text, index) !== bytes[start + index]) return false;
  }
  return true;
}
