// Writes MessagePack tokens where a batch is: numbers, texts, and the heads of what has parts.
import type { ByteSlab } from "./byte-slab.ts";

/** Up to so many characters a loop writes a text faster than a call does. */
const loopTextMax = 48;

/** Called by itself, and on a template: `repeated-texts.ts` says why. */
const unitAt = String.prototype.charCodeAt;

export class TokenWriter {
  readonly #slab: ByteSlab;

  constructor(slab: ByteSlab) {
    this.#slab = slab;
  }

  byte(byte: number): void {
    const at = this.#slab.take(1);
    this.#slab.bytes[at] = byte;
  }

  /** A token with a number behind it, of two bytes or of four. */
  sized(number: number, short: number, long: number): void {
    const isShort = number >= 0 && number <= 0xffff;
    const at = this.#slab.take(isShort ? 3 : 5);
    const { bytes } = this.#slab;
    let next = at + 1;
    bytes[at] = isShort ? short : long;
    if (!isShort) {
      bytes[next++] = number >>> 24;
      bytes[next++] = number >>> 16;
    }
    bytes[next++] = number >>> 8;
    bytes[next] = number;
  }

  /** A token with a number of one byte behind it. */
  pair(token: number, byte: number): void {
    const at = this.#slab.take(2);
    const { bytes } = this.#slab;
    bytes[at] = token;
    bytes[at + 1] = byte;
  }

  /** The beginning of an array of so many values. */
  array(length: number): void {
    if (length < 16) this.byte(0x90 | length);
    else this.sized(length, 0xdc, 0xdd);
  }

  /** An extension of that type with one byte. */
  extension(type: number, byte: number): void {
    const at = this.#slab.take(3);
    const { bytes } = this.#slab;
    bytes[at] = 0xd4;
    bytes[at + 1] = type;
    bytes[at + 2] = byte;
  }

  bytes(value: Uint8Array): void {
    const { length } = value;
    if (length < 0x100) this.pair(0xc4, length);
    else this.sized(length, 0xc5, 0xc6);
    const at = this.#slab.take(length);
    this.#slab.bytes.set(value, at);
  }

  number(value: number): void {
    // -0 is no integer here: it keeps its sign.
    const isWhole = Number.isInteger(value) && (value !== 0 || 1 / value > 0);
    if (isWhole && value >= 0 && value <= 0xffffffff) this.#positive(value);
    else if (isWhole && value < 0 && value >= -0x80000000) this.#negative(value);
    else {
      const at = this.#slab.take(9);
      this.#slab.bytes[at] = 0xcb;
      this.#slab.view.setFloat64(at + 1, value);
    }
  }

  text(given: string): void {
    const text = `${given}`;
    const { length } = text;
    if (length > loopTextMax) {
      this.#longText(text);
      return;
    }
    const slab = this.#slab;
    const headerBytes = length < 32 ? 1 : 2;
    const at = slab.take(headerBytes + length);
    const { bytes } = slab;
    if (headerBytes === 1) bytes[at] = 0xa0 | length;
    else {
      bytes[at] = 0xd9;
      bytes[at + 1] = length;
    }
    const start = at + headerBytes;
    for (let index = 0; index < length; index += 1) {
      const unit = unitAt.call(text, index);
      if (unit >= 0x80) {
        slab.rewind(slab.size - headerBytes - length);
        this.#longText(text);
        return;
      }
      bytes[start + index] = unit;
    }
  }

  /** Of any length, and of any characters. */
  #longText(text: string): void {
    const length = Buffer.byteLength(text);
    if (length < 32) this.byte(0xa0 | length);
    else if (length < 0x100) this.pair(0xd9, length);
    else this.sized(length, 0xda, 0xdb);
    const at = this.#slab.take(length);
    this.#slab.bytes.write(text, at, length, "utf8");
  }

  #positive(value: number): void {
    if (value < 0x40) this.byte(value);
    else if (value < 0x100) this.pair(0xcc, value);
    else this.sized(value, 0xcd, 0xce);
  }

  #negative(value: number): void {
    if (value >= -32) this.byte(value + 0x100);
    else if (value >= -0x80) this.pair(0xd0, value);
    else this.sized(value >= -0x8000 ? value & 0xffff : value, 0xd1, 0xd2);
  }
}
