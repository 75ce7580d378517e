// MessagePack as any library of any language writes it (msgpack.org), for clients from outside. It is
// read into what JSON can say, and with limits: whatever a length claims, nothing is allocated by it.
// Extensions, byte strings and keys that are no text have no meaning here and are refused.
import { Packr } from "msgpackr";
import { Failure } from "./failure.ts";
import { isForbiddenKey } from "./plain-data.ts";

export interface ReadBounds {
  readonly valuesMax: number;
  readonly depthMax: number;
}

const packr = new Packr({ useRecords: false, useToJSON: false, variableMapSize: true });

/** Of plain data that JSON can say. Whole numbers beyond 32 bits are written as doubles. */
export const writeMessagePack = (value: unknown): Uint8Array =>
  new Uint8Array(packr.pack(withoutUndefined(value)));

/** As JSON has it: members that are undefined are not there. */
const withoutUndefined = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Fails with `invalid`, saying what was found and at which byte. */
export function readMessagePack(bytes: Uint8Array, bounds: ReadBounds): unknown {
  const reading = new Reading(bytes, bounds);
  const value = reading.value(1);
  reading.end();
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

class Reading {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #bounds: ReadBounds;
  #position = 0;
  #values = 0;

  constructor(bytes: Uint8Array, bounds: ReadBounds) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bounds = bounds;
  }

  end(): void {
    const left = this.#bytes.length - this.#position;
    if (left > 0) throw this.#wrong(`${left} bytes follow the value; send one value a message`);
  }

  value(depth: number): unknown {
    this.#values += 1;
    if (this.#values > this.#bounds.valuesMax) {
      throw this.#wrong(`there are more than ${this.#bounds.valuesMax} values; send less`);
    }
    if (depth > this.#bounds.depthMax) {
      throw this.#wrong(`it is nested more than ${this.#bounds.depthMax} deep`);
    }
    const token = this.#view.getUint8(this.#take(1));
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token < 0x90) return this.#map(token - 0x80, depth);
    if (token < 0xa0) return this.#array(token - 0x90, depth);
    if (token < 0xc0) return this.#text(token - 0xa0);
    return this.#tagged(token, depth);
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
        return this.#finite(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return this.#finite(this.#view.getFloat64(this.#take(8)));
      case 0xd9:
        return this.#text(this.#uint(1));
      case 0xda:
        return this.#text(this.#uint(2));
      case 0xdb:
        return this.#text(this.#uint(4));
      case 0xdc:
        return this.#array(this.#uint(2), depth);
      case 0xdd:
        return this.#array(this.#uint(4), depth);
      case 0xde:
        return this.#map(this.#uint(2), depth);
      case 0xdf:
        return this.#map(this.#uint(4), depth);
      default:
        return this.#integer(token);
    }
  }

  #integer(token: number): number {
    switch (token) {
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return this.#safe(this.#view.getBigUint64(this.#take(8)));
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return this.#safe(this.#view.getBigInt64(this.#take(8)));
      default:
        throw this.#wrong(
          `0x${token.toString(16)} begins a byte string or an extension; send text and numbers`,
        );
    }
  }

  #uint(size: 1 | 2 | 4): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #safe(value: bigint): number {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw this.#wrong(`${value} is beyond 2^53, which not every language can hold`);
  }

  #finite(value: number): number {
    if (Number.isFinite(value)) return value;
    throw this.#wrong(`${value} is no number that JSON has`);
  }

  #text(length: number): string {
    const at = this.#take(length);
    try {
      return utf8.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw this.#wrong("a text is no UTF-8");
    }
  }

  #array(length: number, depth: number): unknown[] {
    this.#fits(length);
    const items: unknown[] = [];
    for (let index = 0; index < length; index += 1) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#fits(length * 2);
    const map: Record<string, unknown> = {};
    for (let index = 0; index < length; index += 1) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw this.#wrong("a key is no text");
      if (isForbiddenKey(key)) throw this.#wrong(`the key ${key} is not allowed`);
      if (Object.hasOwn(map, key)) throw this.#wrong(`the key ${key} is there twice`);
      map[key] = this.value(depth + 1);
    }
    return map;
  }

  /** Each value takes a byte at least. */
  #fits(count: number): void {
    if (count > this.#bytes.length - this.#position) throw this.#wrong("it ends too early");
  }

  #take(length: number): number {
    const at = this.#position;
    if (length > this.#bytes.length - at) throw this.#wrong("it ends too early");
    this.#position = at + length;
    return at;
  }

  #wrong(what: string): Failure {
    return new Failure("invalid", `at byte ${this.#position} of the MessagePack: ${what}`);
  }
}
