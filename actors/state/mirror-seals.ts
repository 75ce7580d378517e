// How a reader sees that what stands in the copy is what was written there, and all of it. Pure. Each record bears
// a checksum over its name and its fields; the moment in `meta` bears one over all nodes, one over all queues and one
// of the counts, written in the same transaction. It finds accidents: a Redis that evicts, another program, a hand.
// It is no secret: who wants to deceive can count as well.
import { crc32 } from "node:zlib";
import type { Hash, MirrorKind } from "./mirror-keys.ts";

/** The field of a record that has its checksum. */
export const sealField = "seal";
/** What the counts are called among the records. */
export const countsName = "counts of tasks";
export const recordName = (kind: MirrorKind, id: string): string => `${kind} ${id}`;

/** Parts of the copy that are whole or not. */
export type SealedPart = "node" | "queue" | "counts";
export const sealedParts: readonly SealedPart[] = ["node", "queue", "counts"];
/** Where `meta` has the checksum of a part. */
export const sealFieldOf = (part: SealedPart): string => `${part}Seal`;

/** A record's words, field by field, with their checksum behind them. */
export const sealed = (name: string, words: readonly string[]): string[] => [
  ...words,
  sealField,
  sealOf(name, words),
];

/** Whatever the order in which the server has the fields. */
export function sealOf(name: string, words: readonly string[]): string {
  const fields: string[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    fields.push(JSON.stringify([words[at], words[at + 1]]));
  }
  return `${crc32(JSON.stringify([name, ...fields.sort()]))}`;
}

/** Over records of one part: how many, and a checksum over which they are and what each bears. */
export function sealOfAll(seals: Iterable<readonly [name: string, seal: string]>): string {
  const lines = Array.from(seals, (one) => JSON.stringify(one)).sort();
  return `${lines.length}:${crc32(lines.join("\n"))}`;
}

/** What is wrong with records that should be there; null: nothing. */
export function damageIn(records: ReadonlyMap<string, Hash>): string | null {
  for (const [name, hash] of records) {
    if (hash.size === 0) return `${name} is missing in the copy`;
    const words = [...hash].filter(([field]) => field !== sealField).flat();
    if (hash.get(sealField) !== sealOf(name, words)) {
      return `${name} in the copy is not what was written there`;
    }
  }
  return null;
}

/** What is wrong with a whole part; null: nothing. */
export function partDamage(
  part: SealedPart,
  meta: Hash | undefined,
  records: ReadonlyMap<string, Hash>,
): string | null {
  const damage = damageIn(records);
  if (damage !== null) return damage;
  const seals = [...records].map(([name, hash]) => [name, hash.get(sealField) ?? ""] as const);
  if (meta?.get(sealFieldOf(part)) === sealOfAll(seals)) return null;
  return `the ${part === "counts" ? "counts" : `${part}s`} in the copy are not those that were written there`;
}
