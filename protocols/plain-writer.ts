// Writes plain data as bytes that `PlainReader` reads: MessagePack with msgpackr's records, and with
// texts that come again written as their place.
// One walk looks whether a value may travel, counts it, and writes it where the batch is: nothing is
// gathered or copied in between.
//
//   0x00-0x3f  small integers          0x40-0x7f  object of the shape in that slot
//   0xd4 0x72  defines a slot: its keys as an array, then the first object's values
//   0xc1       a text that stands at that place among those of the batch: `repeated-texts.ts`
import type { ByteSlab } from "./byte-slab.ts";
import { extensionTypes } from "./extension-types.ts";
import { limits } from "./limits.ts";
import { isRecord, isShortBigInt, type RefPort } from "./plain-data.ts";
import { RecordShapes } from "./record-shapes.ts";
import { repeatedText, WrittenTexts } from "./repeated-texts.ts";
import { TokenWriter } from "./token-writer.ts";

export class PlainWriter {
  readonly #slab: ByteSlab;
  readonly #tokens: TokenWriter;
  readonly #refs: RefPort;
  readonly #shapes = new RecordShapes();
  readonly #texts = new WrittenTexts();
  /** Values written since `begin`, as a reader counts them. */
  values = 0;
  /** Byte arrays that travel as parts of their own. */
  payloads: Uint8Array[] = [];
  payloadBytes = 0;

  constructor(slab: ByteSlab, refs: RefPort) {
    this.#slab = slab;
    this.#tokens = new TokenWriter(slab);
    this.#refs = refs;
  }

  /** A new batch: its reader knows no records and no texts. */
  begin(): void {
    this.values = 0;
    this.payloads = [];
    this.payloadBytes = 0;
    this.#shapes.begin();
    this.#texts.begin();
  }

  /** Texts of the batch that took a place. */
  get textsPlaced(): number {
    return this.#texts.count;
  }

  /** Back to what was written before a message; its bytes are the caller's to discard. */
  discard(before: {
    readonly values: number;
    readonly payloads: number;
    readonly payloadBytes: number;
    readonly textsPlaced: number;
  }): void {
    this.values = before.values;
    this.payloads.length = before.payloads;
    this.payloadBytes = before.payloadBytes;
    // Records and texts that stood in the discarded bytes must be written again.
    this.#shapes.begin();
    this.#texts.truncate(before.textsPlaced);
  }

  /**
   * Hot: W5. False when it may not travel; then what was written of it must be discarded. `depth` from
   * 1. Fails with `Overfull`.
   */
  value(value: unknown, depth: number): boolean {
    // No `switch`: that would ask for the name of the type instead of looking whether it is the one.
    if (typeof value === "string") this.text(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "object") {
      if (value === null) return this.#single(0xc0);
      this.values += 1;
      return depth <= limits.decodeDepthMax && this.#object(value, depth);
    } else if (typeof value === "boolean") return this.#single(value ? 0xc3 : 0xc2);
    else return this.#seldom(value);
    return true;
  }

  #seldom(value: unknown): boolean {
    this.values += 1;
    if (value === undefined) this.#tokens.extension(extensionTypes.undefined, 0);
    else return typeof value === "bigint" && isShortBigInt(value) && this.#bigInt(value);
    return true;
  }

  /** The beginning of an array of so many values. */
  array(length: number): void {
    this.#tokens.array(length);
  }

  text(text: string): void {
    this.values += 1;
    const place = this.#texts.placeOf(text);
    if (place === undefined) this.#tokens.text(text);
    else this.#tokens.pair(repeatedText, place);
  }

  number(value: number): void {
    this.values += 1;
    this.#tokens.number(value);
  }

  #single(token: number): boolean {
    this.values += 1;
    this.#tokens.byte(token);
    return true;
  }

  #object(value: object, depth: number): boolean {
    if (Array.isArray(value)) return this.#items(value, depth);
    if (isRecord(value)) return this.#record(value, depth);
    if (value instanceof Uint8Array) return this.#bytes(value);
    const prototype = Object.getPrototypeOf(value);
    if (value instanceof Map && prototype === Map.prototype) return this.#map(value, depth);
    if (value instanceof Set && prototype === Set.prototype) {
      this.#tokens.extension(extensionTypes.set, 0);
      return this.#items([...value], depth);
    }
    if (value instanceof Date && prototype === Date.prototype) return this.#date(value);
    return this.#ref(value);
  }

  #items(items: readonly unknown[], depth: number): boolean {
    const { length } = items;
    this.array(length);
    for (let index = 0; index < length; index += 1) {
      if (!this.value(items[index], depth + 1)) return false;
    }
    return true;
  }

  #record(value: Record<string, unknown>, depth: number): boolean {
    const shapes = this.#shapes;
    const shape = shapes.of(value);
    if (shape === undefined) return false;
    const { keys } = shape;
    if (shapes.isWritten(shape)) this.#tokens.byte(0x40 + shape.slot);
    else {
      shapes.enter(shape);
      this.#tokens.extension(extensionTypes.record, 0x40 + shape.slot);
      this.array(keys.length);
      for (const key of keys) this.#tokens.text(key);
    }
    // Its keys in their order once more: what is looked up in such a loop is read from its field at once.
    for (const key in value) if (!this.value(value[key], depth + 1)) return false;
    return true;
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    if (map.size < 16) this.#tokens.byte(0x80 | map.size);
    else this.#tokens.sized(map.size, 0xde, 0xdf);
    for (const [key, item] of map) {
      if (!this.value(key, depth + 1) || !this.value(item, depth + 1)) return false;
    }
    return true;
  }

  #bytes(value: Uint8Array): boolean {
    const length = value.byteLength;
    if (length >= limits.payloadBytesMin) {
      this.payloadBytes += length;
      this.#tokens.extension(extensionTypes.payload, 0);
      this.number(this.payloads.push(value) - 1);
      return true;
    }
    this.#tokens.bytes(value);
    return true;
  }

  #ref(value: object): boolean {
    const described = this.#refs.describe(value);
    if (described === undefined) return false;
    const { address, protocolId } = described;
    this.#tokens.extension(extensionTypes.ref, 0);
    this.array(5);
    this.text(address.node.name);
    this.number(address.node.incarnation);
    this.text(address.path);
    this.number(address.uid);
    this.text(protocolId);
    return true;
  }

  /** The layouts of a MessagePack timestamp, and one byte for an invalid date. */
  #date(date: Date): boolean {
    const ms = date.getTime();
    if (Number.isNaN(ms)) {
      this.#tokens.extension(extensionTypes.date, 0);
      return true;
    }
    const seconds = Math.floor(ms / 1_000);
    const nanoseconds = (ms - seconds * 1_000) * 1e6;
    const isShort = seconds >= 0 && seconds < 2 ** 34;
    const at = this.#slab.take(isShort ? 10 : 15);
    const { bytes } = this.#slab;
    if (isShort) {
      bytes.set([0xd7, extensionTypes.date], at);
      bytes.writeUInt32BE(nanoseconds * 4 + Math.floor(seconds / 2 ** 32), at + 2);
      bytes.writeUInt32BE(seconds % 2 ** 32, at + 6);
    } else {
      bytes.set([0xc7, 12, extensionTypes.date], at);
      bytes.writeUInt32BE(nanoseconds, at + 3);
      bytes.writeBigInt64BE(BigInt(seconds), at + 7);
    }
    return true;
  }

  #bigInt(value: bigint): boolean {
    if (BigInt.asIntN(64, value) === value) {
      const at = this.#slab.take(9);
      this.#slab.bytes[at] = 0xd3;
      this.#slab.bytes.writeBigInt64BE(value, at + 1);
      return true;
    }
    const digits = (value < 0n ? -value : value).toString(16).length;
    // A bit more than the digits have, for the sign.
    const length = Math.floor(digits / 2) + 1;
    const unsigned = BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, "0");
    const at = this.#slab.take(4 + length);
    this.#slab.bytes.set([0xc8, length >>> 8, length, extensionTypes.bigInt], at);
    this.#slab.bytes.write(unsigned, at + 4, length, "hex");
    return true;
  }
}
