// What the directory holds and tells, as plain data: no refs in it, an actor is its address.
//
// An entry is fenced: its revision grows with every change of the whole directory and never goes
// back, so that whoever holds a newer one can be told from whoever held the entry before.
import type { NodeId } from "../address.ts";
import { Failure } from "../failure.ts";
import { directoryLimits } from "./directory-limits.ts";

/** One counter over the whole directory. It survives restarts: the fencing token. */
export type Revision = number;

/** One session for an incarnation of a node. */
export type SessionId = NodeId;

/** What JSON can say. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

export interface Entry {
  readonly key: string;
  readonly value: PlainValue;
  /** Of the last put: the fence of its owner. */
  readonly revision: Revision;
  readonly createdRevision: Revision;
  /** With whose end the entry vanishes; without one it stays until it is removed. */
  readonly session?: SessionId;
}

export type Change =
  | { readonly kind: "put"; readonly revision: Revision; readonly entry: Entry }
  /** `entry` is the one that was removed. */
  | { readonly kind: "removed"; readonly revision: Revision; readonly entry: Entry };

/** `gone`: who starts the node has seen its predecessor's process end. */
export type Predecessor = "gone" | "unknown";

export interface OpenRequest {
  readonly node: NodeId;
  readonly ttlMs: number;
  /** What others are to know of the node: it stands in `nodes/<name>`. */
  readonly record: PlainValue;
  readonly predecessor: Predecessor;
}

export interface Opened {
  readonly revision: Revision;
  readonly ttlMs: number;
}

/** `absent`: there is no such entry; a revision: it has this one. */
export type Expectation = "absent" | "any" | Revision;

export interface PutRequest {
  readonly key: string;
  readonly value: PlainValue;
  readonly session?: SessionId;
  readonly expect: Expectation;
}

export interface RemoveRequest {
  readonly key: string;
  readonly expect: "any" | Revision;
}

export interface Listing {
  readonly entries: readonly Entry[];
  /** All changes up to this one are in the entries, and perhaps some later ones. */
  readonly revision: Revision;
}

/** Sessions are seen here, one a node's name; only the directory itself writes below it. */
export const nodesPrefix = "nodes/";

const keyPattern = /^[A-Za-z0-9$._/~#@-]+$/;

/** Fails with `invalid` for a text that cannot be a key, or the beginning of one. */
export function checkKey(key: unknown, form: "key" | "prefix" = "key"): string {
  if (form === "prefix" && key === "") return key;
  const isKey = typeof key === "string" && key.length <= directoryLimits.keyLengthMax;
  if (isKey && keyPattern.test(key)) return key;
  const seen = typeof key === "string" ? JSON.stringify(key.slice(0, 80)) : typeof key;
  const text = `${seen} is no ${form} of the directory; use 1 to ${directoryLimits.keyLengthMax} characters of A-Z a-z 0-9 $ . _ / ~ # @ -`;
  throw new Failure("invalid", text);
}

/** The value as JSON. Fails with `invalid` for what JSON would change, and with `too_large`. */
export function valueText(value: unknown, what: string): string {
  const problem = problemIn(value, what, 1);
  if (problem !== undefined) throw new Failure("invalid", problem);
  const text = JSON.stringify(value);
  const bytes = byteLength(text);
  if (bytes <= directoryLimits.valueBytesMax) return text;
  const most = directoryLimits.valueBytesMax;
  throw new Failure("too_large", `${what} has ${bytes} bytes, at most ${most}; keep it elsewhere`);
}

function problemIn(value: unknown, place: string, depth: number): string | undefined {
  if (depth > directoryLimits.valueDepthMax) {
    return `${place} is nested deeper than ${directoryLimits.valueDepthMax}: flatten it`;
  }
  if (value === null || typeof value === "boolean" || typeof value === "string") return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : `${place} is ${value}: JSON has no such number`;
  }
  if (typeof value !== "object") return `${place} is of type ${typeof value}: JSON has none`;
  if (Array.isArray(value)) {
    return firstProblem(value.entries(), ([index, item]) =>
      problemIn(item, `${place}[${index}]`, depth + 1),
    );
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `${place} is an instance of a class: give plain data`;
  }
  return firstProblem(Object.entries(value), ([key, item]) =>
    key === "__proto__"
      ? `${place} has a key __proto__: rename it`
      : problemIn(item, `${place}.${key}`, depth + 1),
  );
}

function firstProblem<T>(
  items: Iterable<T>,
  problemOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function byteLength(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return bytes;
}

/** What a text of this file says. */
export const plainValue = (text: string): PlainValue => JSON.parse(text);
