// Reads plain data from bytes that anyone may have made. MessagePack as msgpackr writes it, records
// included, and texts that come again, but nothing else: no code is generated, and no class is built
// that is not named here.
//
// Checks come while reading, before anything is allocated by a number from the wire: lengths against
// the bytes that remain, depth, and how many values were read. A batch that fails is refused whole.
import { namePattern } from "./address.ts";
import { ByteCursor, corrupt } from "./byte-cursor.ts";
import { isActorPath } from "./envelope-names.ts";
import { extensionTypes } from "./extension-types.ts";
import { bigIntIn, dateIn } from "./extension-values.ts";
import { limits } from "./limits.ts";
import { linkLimits } from "./link-limits.ts";
import { isForbiddenKey, type RefPort } from "./plain-data.ts";
import { recordsMax } from "./record-shapes.ts";
import { ReadTexts, repeatedText } from "./repeated-texts.ts";

export class PlainReader {
  payloadsUsed = 0;
  readonly #refs: RefPort;
  readonly #cursor = new ByteCursor();
  readonly #texts = new ReadTexts();
  #payloads: readonly Uint8Array[] = [];
  #records: (readonly string[] | undefined)[] = [];
  #valuesLeft = 0;
  #keysLeft = 0;

  constructor(refs: RefPort) {
    this.#refs = refs;
  }

  /** Begins with new bytes at `position`, and with no records. */
  open(bytes: Buffer, position: number, payloads: readonly Uint8Array[]): void {
    this.#cursor.open(bytes, position);
    this.#payloads = payloads;
    this.payloadsUsed = 0;
    this.#records = [];
    this.#texts.begin();
    this.#valuesLeft = limits.decodeValuesMax;
    this.#keysLeft = limits.decodeValuesMax;
  }

  /** Lets go of the bytes; fails when some were not read. */
  close(): void {
    const left = this.#cursor.left;
    const unused = this.#payloads.length - this.payloadsUsed;
    this.release();
    if (left !== 0) throw corrupt(`has ${left} bytes too many`);
    if (unused !== 0) throw corrupt(`has ${unused} payloads that no message holds`);
  }

  release(): void {
    this.#cursor.release();
    this.#payloads = [];
    this.#records = [];
    this.#texts.begin();
  }

  /** Charges so many values that the caller reads by itself. */
  charge(values: number): void {
    this.#valuesLeft -= values;
    if (this.#valuesLeft < 0) throw corrupt(`has more than ${limits.decodeValuesMax} values`);
  }

  /** The number of elements of the array that must come next. */
  arrayLength(): number {
    const token = this.#cursor.byte();
    if (token >= 0x90 && token < 0xa0) return this.#cursor.fitting(token - 0x90, 1);
    if (token === 0xdc) return this.#cursor.fitting(this.#cursor.uint16(), 1);
    if (token === 0xdd) return this.#cursor.fitting(this.#cursor.uint32(), 1);
    throw corrupt("has no array where one belongs");
  }

  /** Hot: W5. Any plain value; `depth` from 1. */
  value(depth: number): unknown {
    if (--this.#valuesLeft < 0) throw corrupt(`has more than ${limits.decodeValuesMax} values`);
    const token = this.#cursor.byte();
    if (token < 0x40) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token === repeatedText) return this.#repeated();
    if (token >= 0xa0 && token < 0xc0) return this.#text(token - 0xa0);
    if (token >= 0xc0) return this.#tagged(token, depth);
    if (token < 0x80) return this.#record(token - 0x40, depth);
    if (token < 0x90) return this.#map(token - 0x80, depth);
    return this.#array(this.#cursor.fitting(token - 0x90, 1), depth);
  }

  #tagged(token: number, depth: number): unknown {
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#cursor.bytes.readFloatBE(this.#cursor.take(4));
      case 0xcb:
        return this.#cursor.double();
      case 0xcc:
        return this.#cursor.byte();
      case 0xcd:
        return this.#cursor.uint16();
      case 0xce:
        return this.#cursor.uint32();
      case 0xcf:
        return this.#cursor.bytes.readBigUInt64BE(this.#cursor.take(8));
      case 0xd0:
        return this.#cursor.bytes.readInt8(this.#cursor.take(1));
      case 0xd1:
        return this.#cursor.bytes.readInt16BE(this.#cursor.take(2));
      case 0xd2:
        return this.#cursor.bytes.readInt32BE(this.#cursor.take(4));
      case 0xd3:
        return this.#cursor.bytes.readBigInt64BE(this.#cursor.take(8));
      case 0xd9:
        return this.#text(this.#cursor.byte());
      case 0xda:
        return this.#text(this.#cursor.uint16());
      case 0xdb:
        return this.#text(this.#cursor.uint32());
      default:
        return this.#composite(token, depth);
    }
  }

  #composite(token: number, depth: number): unknown {
    switch (token) {
      case 0xc4:
        return this.#inlineBytes(this.#cursor.byte());
      case 0xc5:
        return this.#inlineBytes(this.#cursor.uint16());
      case 0xc6:
        return this.#inlineBytes(this.#cursor.uint32());
      case 0xc7:
        return this.#extension(this.#cursor.byte(), depth);
      case 0xc8:
        return this.#extension(this.#cursor.uint16(), depth);
      case 0xd4:
        return this.#extension(1, depth);
      case 0xd5:
        return this.#extension(2, depth);
      case 0xd6:
        return this.#extension(4, depth);
      case 0xd7:
        return this.#extension(8, depth);
      case 0xd8:
        return this.#extension(16, depth);
      case 0xdc:
        return this.#array(this.#cursor.fitting(this.#cursor.uint16(), 1), depth);
      case 0xdd:
        return this.#array(this.#cursor.fitting(this.#cursor.uint32(), 1), depth);
      case 0xde:
        return this.#map(this.#cursor.uint16(), depth);
      case 0xdf:
        return this.#map(this.#cursor.uint32(), depth);
      default:
        throw corrupt(`holds the unknown token 0x${token.toString(16)}`);
    }
  }

  #text(length: number): string {
    return this.#texts.read(this.#cursor.text(length));
  }

  #repeated(): string {
    const text = this.#texts.at(this.#cursor.byte());
    if (text === undefined) throw corrupt("repeats a text that it does not hold");
    return text;
  }

  #array(length: number, depth: number): unknown[] {
    if (depth > limits.decodeDepthMax) throw tooDeep();
    const array: unknown[] = [];
    for (let index = 0; index < length; index++) array.push(this.value(depth + 1));
    return array;
  }

  #map(size: number, depth: number): Map<unknown, unknown> {
    if (depth > limits.decodeDepthMax) throw tooDeep();
    this.#cursor.fitting(size, 2);
    const map = new Map<unknown, unknown>();
    for (let index = 0; index < size; index++)
      map.set(this.value(depth + 1), this.value(depth + 1));
    return map;
  }

  #record(slot: number, depth: number): object {
    if (depth > limits.decodeDepthMax) throw tooDeep();
    const keys = this.#records[slot];
    if (keys === undefined) throw corrupt(`uses the undefined record ${slot}`);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < keys.length; index++) {
      object[keys[index] ?? ""] = this.value(depth + 1);
    }
    return object;
  }

  #defineRecord(slot: number, depth: number): object {
    if (slot < 0 || slot >= recordsMax) throw corrupt(`defines a record at ${slot}`);
    const length = this.arrayLength();
    this.#keysLeft -= length;
    if (this.#keysLeft < 0) throw corrupt(`defines more than ${limits.decodeValuesMax} keys`);
    const keys: string[] = [];
    for (let index = 0; index < length; index++) {
      const key = this.#key();
      if (isForbiddenKey(key)) throw corrupt("names a property that is reserved");
      keys.push(key);
    }
    this.#records[slot] = keys;
    return this.#record(slot, depth);
  }

  #key(): string {
    const token = this.#cursor.byte();
    if (token >= 0xa0 && token < 0xc0) return this.#cursor.text(token - 0xa0);
    if (token === 0xd9) return this.#cursor.text(this.#cursor.byte());
    if (token === 0xda) return this.#cursor.text(this.#cursor.uint16());
    if (token === 0xdb) return this.#cursor.text(this.#cursor.uint32());
    throw corrupt("names a property by something that is no text");
  }

  #extension(size: number, depth: number): unknown {
    const type = this.#cursor.byte();
    const start = this.#cursor.take(size);
    const first = this.#cursor.bytes[start] ?? 0;
    switch (type) {
      case extensionTypes.undefined:
        return undefined;
      case extensionTypes.record:
        if (size === 1) return this.#defineRecord(first - 0x40, depth);
        break;
      case extensionTypes.set:
        if (size === 1) return new Set(this.#array(this.arrayLength(), depth));
        break;
      case extensionTypes.date:
        return dateIn(this.#cursor.bytes, start, size);
      case extensionTypes.bigInt:
        if (size <= linkLimits.bigIntBytesMax + 1) return bigIntIn(this.#cursor.bytes, start, size);
        break;
      case extensionTypes.payload:
        if (size === 1) return this.#payload(this.value(depth + 1));
        break;
      case extensionTypes.ref:
        if (size === 1) return this.#ref(depth);
        break;
    }
    throw corrupt(`holds an extension of type ${type} and ${size} bytes`);
  }

  #payload(index: unknown): Uint8Array {
    // Each payload stands for one value: a second mention would share memory between messages.
    const payload = index === this.payloadsUsed ? this.#payloads[this.payloadsUsed] : undefined;
    if (payload === undefined) throw corrupt(`mentions the payload ${String(index)} out of turn`);
    this.payloadsUsed++;
    return payload;
  }

  #ref(depth: number): unknown {
    if (this.arrayLength() !== 5) throw corrupt("holds a malformed ref");
    const name = this.value(depth + 1);
    const incarnation = this.value(depth + 1);
    const path = this.value(depth + 1);
    const uid = this.value(depth + 1);
    const protocolId = this.value(depth + 1);
    if (typeof name !== "string" || !namePattern.test(name)) throw corrupt("holds a malformed ref");
    if (!isActorPath(path) || typeof protocolId !== "string")
      throw corrupt("holds a malformed ref");
    if (!isCount(incarnation) || !isCount(uid)) throw corrupt("holds a malformed ref");
    return this.#refs.revive({ node: { name, incarnation }, path, uid }, protocolId);
  }

  #inlineBytes(length: number): Buffer {
    const start = this.#cursor.take(length);
    // A copy: a view would keep the whole batch in memory for the sake of a few bytes.
    return Buffer.from(this.#cursor.bytes.subarray(start, start + length));
  }
}

const tooDeep = (): Error => corrupt(`nests deeper than ${limits.decodeDepthMax}`);

/** Integers that count or name something: uids, incarnations, correlations. */
export const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
