// Numbers that are never given twice: they are counted up in the commit that uses them.
import type { SequenceName } from "../shelf.ts";
import type { ShelfParts } from "./shelf-parts.ts";

export function nextNumber(
  { keys, keyspace }: ShelfParts,
  name: SequenceName | "event" | "question",
): number {
  const next = Number(keyspace.hash(keys.numbers).get(name)?.toString() ?? 0) + 1;
  keyspace.setField(keys.numbers, name, Buffer.from(String(next)));
  return next;
}
