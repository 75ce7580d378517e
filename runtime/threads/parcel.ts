// What crosses between two threads: data that can be cloned, with refs beside it as addresses and the
// buffers that move. Pure.
//
//   { to: Ref, bytes: moving(…) } ─► value { to: Number(0), bytes }, refs [address], moved [buffer]
//
// A boxed number stands for a ref: data that may be sent never holds one.
import type { Address } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { isForbiddenKey, isRecord, withReplacements } from "#protocols/plain-data.ts";
import type { RefCodec } from "#runtime/core/ports.ts";
import { isMoving } from "./moving.ts";

export interface PackedRef {
  readonly address: Address;
  readonly protocolId: string;
}

export interface Parcel {
  readonly value: unknown;
  /** Absent when there are none: then nobody looks for them. */
  readonly refs?: readonly PackedRef[];
}

export interface PackedParcel extends Parcel {
  readonly moved: readonly ArrayBuffer[];
}

const nothingMoved: readonly ArrayBuffer[] = [];

/** Fails with `invalid`, naming the place, when the value holds what cannot be cloned. */
export function pack(refs: RefCodec, what: string, value: unknown): PackedParcel {
  const inspection = new Inspection(refs);
  const problem = inspection.problemIn(value, 1);
  if (problem !== undefined) throw new Failure("invalid", `${what}${problem}`);
  const moved = inspection.moved ?? nothingMoved;
  if (!inspection.hasRefs) return { value, moved };
  const packed: PackedRef[] = [];
  const replaced = withReplacements(value, (item) => {
    const described = refs.describe(item);
    if (described === undefined) return item;
    packed.push({ address: described.address, protocolId: described.protocolId });
    return Object(packed.length - 1);
  });
  return { value: replaced, refs: packed, moved };
}

/** The value with its refs. */
export function unpack({ value, refs }: Parcel, revive: (ref: PackedRef) => unknown): unknown {
  if (refs === undefined) return value;
  return withReplacements(value, (item) => {
    const ref = item instanceof Number ? refs[item.valueOf()] : undefined;
    return ref === undefined ? item : revive(ref);
  });
}

/** Looks at a value once: may it be cloned, what is to be replaced, what moves. */
class Inspection {
  hasRefs = false;
  moved: ArrayBuffer[] | undefined;
  readonly #refs: RefCodec;

  constructor(refs: RefCodec) {
    this.#refs = refs;
  }

  /** Place and reason, or undefined. */
  problemIn(value: unknown, depth: number): string | undefined {
    if (typeof value !== "object" || value === null) {
      const isPlain = typeof value !== "function" && typeof value !== "symbol";
      return isPlain ? undefined : ` is a ${typeof value}: send its data`;
    }
    if (depth > limits.decodeDepthMax) {
      return ` is nested deeper than ${limits.decodeDepthMax}: flatten it, or break the cycle`;
    }
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1) {
        const problem = this.problemIn(value[index], depth + 1);
        if (problem !== undefined) return `[${index}]${problem}`;
      }
      return undefined;
    }
    if (isRecord(value)) return this.#problemInRecord(value, depth);
    return this.#problemInObject(value, depth);
  }

  #problemInRecord(value: Record<string, unknown>, depth: number): string | undefined {
    for (const key of Object.keys(value)) {
      if (isForbiddenKey(key)) return `.${key} has a reserved name: rename the property`;
      const problem = this.problemIn(value[key], depth + 1);
      if (problem !== undefined) return `.${key}${problem}`;
    }
    return undefined;
  }

  #problemInObject(value: object, depth: number): string | undefined {
    if (ArrayBuffer.isView(value)) return this.#heardBuffer(value.buffer);
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      return this.#heardBuffer(value);
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Date.prototype) return undefined;
    if (prototype === Map.prototype || prototype === Set.prototype) {
      const items =
        value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : [];
      for (const item of items) {
        const problem = this.problemIn(item, depth + 1);
        if (problem !== undefined) return `<member>${problem}`;
      }
      return undefined;
    }
    if (this.#refs.describe(value) === undefined) {
      return ` is an instance of ${prototype?.constructor?.name ?? "an unknown class"}, and only plain data, bytes, Map, Set, Date and refs cross to a thread: send its data`;
    }
    this.hasRefs = true;
    return undefined;
  }

  #heardBuffer(buffer: ArrayBufferLike): string | undefined {
    if (!(buffer instanceof ArrayBuffer)) return undefined;
    if (isDetached(buffer)) return " has moved away already: send bytes that move only once";
    if (!isMoving(buffer)) return undefined;
    this.moved ??= [];
    if (!this.moved.includes(buffer)) this.moved.push(buffer);
    return undefined;
  }
}

/** Node would post it without a word, and the other end could not read it. */
function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    // Only a detached buffer can have no view.
    return true;
  }
}
