// What a message may hold: null, undefined, booleans, numbers, big integers, strings, byte arrays,
// arrays, plain objects, Map, Set, Date, and refs. Anything else has no meaning in another process.
//
// `PlainCheck` looks at a value once before it is encoded; only when it refuses, `explainRefusal`
// walks again to name the place.
import type { Address } from "./address.ts";
import { limits } from "./limits.ts";
import { linkLimits } from "./link-limits.ts";

/** Turns refs into addresses and back. */
export interface RefPort {
  describe(value: unknown): { readonly address: Address; readonly protocolId: string } | undefined;
  revive(address: Address, protocolId: string): unknown;
}

/** Keys that would change an object's prototype, or that the encoder keeps for itself. */
export const isForbiddenKey = (key: string): boolean => key === "__proto__" || key === "__keys__";

/** Counts what a value will cost the receiver, and sees whether it is plain. */
export class PlainCheck {
  /** Values visited since `reset`, in the receiver's counting. */
  values = 0;
  /** A lower bound of the encoded bytes since `reset`. */
  bytesMin = 0;
  /** Whether something was seen that must be replaced before encoding: bytes, refs. */
  hasReplacements = false;
  readonly #refs: RefPort;

  constructor(refs: RefPort) {
    this.#refs = refs;
  }

  reset(): void {
    this.values = 0;
    this.bytesMin = 0;
    this.hasReplacements = false;
  }

  /** Hot: W5. Whether the value may travel; `depth` from 1. */
  visit(value: unknown, depth: number): boolean {
    this.values++;
    this.bytesMin++;
    switch (typeof value) {
      case "string":
        this.bytesMin += value.length;
        return true;
      case "number":
      case "boolean":
      case "undefined":
        return true;
      case "bigint":
        return isShortBigInt(value);
      case "object":
        return (
          value === null || (depth <= limits.decodeDepthMax && this.#visitObject(value, depth))
        );
      default:
        return false;
    }
  }

  #visitObject(value: object, depth: number): boolean {
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        if (!this.visit(value[index], depth + 1)) return false;
      }
      return true;
    }
    if (isRecord(value)) {
      for (const key in value) {
        if (isForbiddenKey(key) || !this.visit(value[key], depth + 1)) return false;
      }
      return true;
    }
    if (value instanceof Uint8Array) {
      this.hasReplacements = true;
      if (value.byteLength < limits.payloadBytesMin) this.bytesMin += value.byteLength;
      return true;
    }
    const prototype = Object.getPrototypeOf(value);
    if (value instanceof Map && prototype === Map.prototype) {
      for (const [key, item] of value) {
        if (!this.visit(key, depth + 1) || !this.visit(item, depth + 1)) return false;
      }
      return true;
    }
    if (value instanceof Set && prototype === Set.prototype) {
      for (const item of value) if (!this.visit(item, depth + 1)) return false;
      return true;
    }
    if (prototype === Date.prototype) return true;
    if (this.#refs.describe(value) === undefined) return false;
    this.hasReplacements = true;
    this.values += 6;
    return true;
  }
}

/** Objects made by literals, JSON or `Object.create(null)`. */
export function isRecord(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A deep copy as far as needed, with every value for which `replace` knows another one. */
export function withReplacements(value: unknown, replace: (value: object) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withReplacements(item, replace));
  if (isRecord(value)) {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) copy[key] = withReplacements(value[key], replace);
    return copy;
  }
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    for (const [key, item] of value) {
      copy.set(withReplacements(key, replace), withReplacements(item, replace));
    }
    return copy;
  }
  if (value instanceof Set) {
    return new Set([...value].map((item) => withReplacements(item, replace)));
  }
  return replace(value);
}

/** Where and why a value that `PlainCheck` refused cannot travel. */
export function explainRefusal(refs: RefPort, value: unknown, path: string, depth = 1): string {
  if (depth > limits.decodeDepthMax && typeof value === "object") {
    return `${path} is nested deeper than ${limits.decodeDepthMax}: flatten it, or break the cycle`;
  }
  const check = new PlainCheck(refs);
  for (const [part, item] of partsOf(value)) {
    const where = `${path}${part}`;
    if (isForbiddenKey(part.slice(1))) return `${where} has a reserved name: rename the property`;
    check.reset();
    if (!check.visit(item, depth + 1)) return explainRefusal(refs, item, where, depth + 1);
  }
  if (typeof value === "bigint") {
    return `${path} is a big integer of more than ${linkLimits.bigIntBytesMax} bytes: send bytes`;
  }
  return `${path} is ${nameOf(value)}, and only plain data, byte arrays, Map, Set, Date and refs can travel: send its data`;
}

function* partsOf(value: unknown): Iterable<readonly [string, unknown]> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) yield [`[${index}]`, value[index]];
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) yield [`.${key}`, value[key]];
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      yield [`<key ${String(key)}>`, key];
      yield [`<${String(key)}>`, item];
    }
  } else if (value instanceof Set) {
    for (const item of value) yield ["<member>", item];
  }
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  const made: unknown = Object.getPrototypeOf(value)?.constructor;
  return `an instance of ${typeof made === "function" ? made.name : "an unknown class"}`;
}

export function isShortBigInt(value: bigint): boolean {
  if (BigInt.asIntN(64, value) === value) return true;
  return BigInt.asIntN(linkLimits.bigIntBytesMax * 8, value) === value;
}
