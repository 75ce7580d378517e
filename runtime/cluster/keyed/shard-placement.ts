// Which shard a key belongs to, and which of the hosts a shard. Pure: all who know the same hosts agree,
// and a host that comes or goes moves only the shards that it takes or leaves (rendezvous hashing).
import { hashedName, hashOf, ownerOf } from "#runtime/patterns/rendezvous-hash.ts";

export const shardOf = (key: string, shards: number): number => hashOf(key) % shards;

export interface Placed {
  readonly kind: string;
  readonly shards: number;
}

/** The name of each shard's host; undefined everywhere when there is none. O(shards × hosts). */
export function hostsOfShards(
  { kind, shards }: Placed,
  hosts: readonly string[],
): readonly (string | undefined)[] {
  const named = hosts.map(hashedName);
  return Array.from({ length: shards }, (_, shard) => hosts[ownerOf(`${kind}/${shard}`, named)]);
}
