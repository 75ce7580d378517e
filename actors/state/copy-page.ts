// One look at a part of the copy: its records with the moment that they stand for, as of one moment of the server,
// and whether they are what was written there. Readers look, and the writer looks at its own work now and then.
import { limits } from "#protocols/limits.ts";
import type { Hash, MirrorKeys } from "./mirror-keys.ts";
import { countsName, damageIn, partDamage, recordName, type SealedPart } from "./mirror-seals.ts";
import type { MirrorServer } from "./mirror-server.ts";

export type CopyPart =
  | { readonly kind: SealedPart }
  | { readonly kind: "task"; readonly taskId: string };

export interface CopyPage {
  readonly hashes: readonly Hash[];
  /** Tasks were so then, by the clock of the control node: milliseconds since 1970 UTC. */
  readonly writtenAt: number;
  /** Nodes, queues and counts were so then. */
  readonly wholeAt: number;
  /** Why this is not what was written there, and is not to be believed; null: it is. */
  readonly damage: string | null;
}

/** Queues and nodes that are read at once; the store holds no more of either. */
const recordsMax = limits.nodesKnownMax;
/** Ids are read before their records: one may come or go between. Once more tells that from damage. */
const looksMax = 3;

/** Or why there is nothing to read there just now. A task that is not there is an empty hash, and no damage. */
export async function copyPage(
  server: MirrorServer,
  keys: MirrorKeys,
  part: CopyPart,
): Promise<CopyPage | string> {
  let page = await look(server, keys, part);
  for (let looks = 1; looks < looksMax; looks += 1) {
    if (typeof page === "string" || page.damage === null) return page;
    page = await look(server, keys, part);
  }
  return page;
}

async function look(
  server: MirrorServer,
  keys: MirrorKeys,
  part: CopyPart,
): Promise<CopyPage | string> {
  const places = await placesOf(server, keys, part);
  const [meta, ...hashes] = await server.hashes([keys.meta, ...places.values()]);
  const state = meta?.get("state") ?? "not written yet";
  if (state !== "following") return `the copy is ${state}`;
  const records = new Map([...places.keys()].map((name, at) => [name, hashes[at] ?? new Map()]));
  const [writtenAt, wholeAt] = [meta?.get("writtenAt"), meta?.get("wholeAt")].map(Number);
  const isUnknown = part.kind === "task" && hashes.every(({ size }) => size === 0);
  const damage =
    part.kind === "task"
      ? isUnknown
        ? null
        : damageIn(records)
      : partDamage(part.kind, meta, records);
  return { hashes, writtenAt: writtenAt ?? 0, wholeAt: wholeAt ?? 0, damage };
}

/** The keys of a part's records, by their names, in the order of their ids. */
async function placesOf(
  server: MirrorServer,
  keys: MirrorKeys,
  part: CopyPart,
): Promise<ReadonlyMap<string, string>> {
  const { kind } = part;
  if (kind === "counts") return new Map([[countsName, keys.counts]]);
  const ids = kind === "task" ? [part.taskId] : await server.members(keys.all(kind), recordsMax);
  return new Map([...ids].sort().map((id) => [recordName(kind, id), keys.of(kind, id)]));
}
