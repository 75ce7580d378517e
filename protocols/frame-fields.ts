// The fields behind a frame's header, one after the other without padding:
//
//   number   f64
//   text     length u16, UTF-8
//   bytes    length u32, as they are
import { Failure } from "./failure.ts";

export type Field = number | string | Uint8Array;

const textBytesMax = 1_024;

/** `reserved` bytes of zero, then the fields. */
export function writeFields(reserved: number, fields: readonly Field[]): Buffer {
  const raw = fields.map((field) => (typeof field === "string" ? Buffer.from(field) : field));
  const size = raw.reduce<number>(
    (sum, field, index) => sum + sizeOf(field, typeof fields[index] === "string"),
    reserved,
  );
  const bytes = Buffer.alloc(size);
  let position = reserved;
  for (const [index, field] of raw.entries()) {
    if (typeof field === "number") {
      position = bytes.writeDoubleBE(field, position);
      continue;
    }
    const isText = typeof fields[index] === "string";
    position = isText
      ? bytes.writeUInt16BE(field.length, position)
      : bytes.writeUInt32BE(field.length, position);
    bytes.set(field, position);
    position += field.length;
  }
  return bytes;
}

const sizeOf = (field: number | Uint8Array, isText: boolean): number =>
  typeof field === "number" ? 8 : (isText ? 2 : 4) + field.length;

/** Reads them again; fails with `invalid` when something is too long or missing. */
export class FieldReader {
  readonly #bytes: Buffer;
  #position: number;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  number(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  text(): string {
    const length = this.#bytes.readUInt16BE(this.#take(2));
    if (length > textBytesMax) throw new Failure("invalid", `a text of ${length} bytes in a frame`);
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A view of the frame's memory. */
  bytes(lengthMax: number): Buffer {
    const length = this.#bytes.readUInt32BE(this.#take(4));
    if (length > lengthMax) {
      throw new Failure("invalid", `${length} bytes in a frame where at most ${lengthMax} belong`);
    }
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  end(): void {
    const left = this.#bytes.length - this.#position;
    if (left !== 0) throw new Failure("invalid", `a frame has ${left} bytes too many`);
  }

  #take(length: number): number {
    const start = this.#position;
    if (start + length > this.#bytes.length) throw new Failure("invalid", "a frame is cut short");
    this.#position += length;
    return start;
  }
}
