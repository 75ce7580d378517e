// Messages that nobody can change any more once they were sent: whoever tries gets a TypeError, at
// the very line. Pure.
import { isRecord } from "#protocols/plain-data.ts";
import type { MessageCare } from "./message-care.ts";

/**
 * Freezes arguments and replies to their depth: plain objects, arrays, Map, Set and Date. Bytes, refs
 * and instances of other classes stay as they are. Costs a walk over each message.
 */
export const frozenMessages: MessageCare = {
  argumentsOf(_method, args) {
    for (const argument of args) freeze(argument);
    return args;
  },
  replyOf(value) {
    freeze(value);
    return value;
  },
};

/** What was walked over already. Objects that somebody else froze may hold some that are not. */
const done = new WeakSet<object>();

function freeze(root: unknown): void {
  // A list of what is to be done, not a recursion: messages may be as deep as memory allows.
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || done.has(value)) continue;
    const parts = partsOf(value);
    if (parts === undefined) continue;
    done.add(value);
    Object.freeze(value);
    for (const part of parts) open.push(part);
  }
}

/** What the value holds; undefined for what is not frozen. */
function partsOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value;
  if (isRecord(value)) return Object.values(value);
  if (value instanceof Map) return withoutChanges(value, mapChanges, [...value].flat());
  if (value instanceof Set) return withoutChanges(value, setChanges, value);
  if (value instanceof Date) return withoutChanges(value, dateChanges, []);
  return undefined;
}

const mapChanges = ["set", "delete", "clear"];
const setChanges = ["add", "delete", "clear"];
const dateChanges = Object.getOwnPropertyNames(Date.prototype).filter((name) =>
  name.startsWith("set"),
);

// `Object.freeze` does not reach what these hold.
function withoutChanges(
  value: object,
  changes: readonly string[],
  parts: Iterable<unknown>,
): Iterable<unknown> {
  if (Object.isExtensible(value)) {
    for (const name of changes) Object.defineProperty(value, name, { value: refuseChange });
  }
  return parts;
}

function refuseChange(): never {
  throw new TypeError("Cannot change what was sent in a message; change a copy of it");
}
