// How records are kept in Redis: their fields in a fixed order, in MessagePack, behind a checksum over
// these bytes and the place where they belong, so that damage and mix-ups are both noticed.
//
//   | crc32 4 | MessagePack: [field, field, …] |
import { crc32 } from "node:zlib";
import { pack, unpack } from "msgpackr";
import { Failure } from "#protocols/failure.ts";

/** What a field may hold. */
export type FieldKind =
  | "text"
  | "number"
  | "flag"
  | "texts"
  | "bytes"
  | "object"
  | "objects"
  | `${"text" | "number" | "object" | "bytes"} or null`
  /** One of these words. */
  | readonly string[];

/** Every field of a record, in the order in which they are kept. A new one comes last, and may be null. */
export type RecordShape<T> = { readonly [F in keyof Required<T>]: FieldKind };

export interface RecordCodec<T extends object> {
  /** `place`: the key and field under which it is to stand. */
  seal(record: T, place: string): Buffer;
  /** Fails with `corrupt` when the bytes do not fit their checksum or their place. */
  open(bytes: Buffer, place: string): T;
  /** As far as it can be read, whatever the checksum says. */
  salvage(bytes: Buffer): T | undefined;
}

const checksumBytes = 4;

export function recordCodec<T extends object>(shape: RecordShape<T>): RecordCodec<T> {
  const fields = Object.entries<FieldKind>(shape);
  const isRecord = (value: object): value is T =>
    fields.every(([name, kind]) => fits(Reflect.get(value, name), kind));
  const read = (bytes: Buffer): T | undefined => {
    const values: unknown = unpacked(bytes.subarray(checksumBytes));
    if (!Array.isArray(values)) return undefined;
    // An earlier release wrote fewer fields; those that may be null are null then.
    const record = Object.fromEntries(fields.map(([name], at) => [name, values[at] ?? null]));
    return isRecord(record) ? record : undefined;
  };
  const known = new WeakMap<Buffer, T>();
  return {
    seal: (record, place) => {
      const bytes = seal(pack(fields.map(([name]) => Reflect.get(record, name))), place);
      known.set(bytes, record);
      return bytes;
    },
    open: (bytes, place) => {
      const opened = known.get(bytes);
      if (opened !== undefined) return opened;
      checkSeal(bytes, place);
      const record = read(bytes);
      if (record === undefined) {
        throw corrupt(place, "it is no such record; a newer release may have written it");
      }
      known.set(bytes, record);
      return record;
    },
    salvage: read,
  };
}

/** The bytes behind their checksum. */
export function seal(bytes: Uint8Array, place: string): Buffer {
  const sealed = Buffer.allocUnsafe(checksumBytes + bytes.byteLength);
  sealed.writeUInt32LE(crc32(bytes, crc32(place)), 0);
  sealed.set(bytes, checksumBytes);
  return sealed;
}

/** Fails with `corrupt` when the bytes do not fit their checksum or their place. */
export function unseal(sealed: Buffer, place: string): Buffer {
  checkSeal(sealed, place);
  return sealed.subarray(checksumBytes);
}

function checkSeal(sealed: Buffer, place: string): void {
  const isWhole =
    sealed.byteLength >= checksumBytes &&
    sealed.readUInt32LE(0) === crc32(sealed.subarray(checksumBytes), crc32(place));
  if (!isWhole) throw corrupt(place, "it fails its checksum");
}

export const corrupt = (place: string, seen: string): Failure =>
  new Failure("corrupt", `${place} in Redis cannot be used: ${seen}; restore it from a backup`);

function unpacked(bytes: Buffer): unknown {
  try {
    return unpack(bytes);
  } catch {
    return undefined;
  }
}

function fits(value: unknown, kind: FieldKind): boolean {
  if (typeof kind !== "string") return typeof value === "string" && kind.includes(value);
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "flag":
      return typeof value === "boolean";
    case "bytes":
      return value instanceof Uint8Array;
    case "object":
      return typeof value === "object" && value !== null;
    case "texts":
      return Array.isArray(value) && value.every((text) => typeof text === "string");
    case "objects":
      return Array.isArray(value);
    case "text or null":
      return value === null || typeof value === "string";
    case "number or null":
      return value === null || typeof value === "number";
    case "object or null":
      return typeof value === "object";
    case "bytes or null":
      return value === null || value instanceof Uint8Array;
    default:
      return kind satisfies never;
  }
}
