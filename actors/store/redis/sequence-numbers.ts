// Numbers that are never given twice: they are counted up in the commit that uses them.
import type { SequenceName } from "../shelf.ts";
import type { ShelfParts } from "./shelf-parts.ts";

type NumberName = SequenceName | "event" | "question";

/** 0 before the first. */
export const lastNumber = ({ keys, keyspace }: ShelfParts, name: NumberName): number =>
  Number(keyspace.hash(keys.numbers).get(name)?.toString() ?? 0);

export function nextNumber(parts: ShelfParts, name: NumberName): number {
  const { keys, keyspace } = parts;
  const next = lastNumber(parts, name) + 1;
  keyspace.setField(keys.numbers, name, Buffer.from(String(next)));
  return next;
}
