// What other nodes have spawned on a node.
import { spawnerPath } from "#protocols/cluster/spawn-protocol.ts";
import type { ActorSystem } from "#runtime/core/system.ts";

/** Paths of the actors that were spawned on a node from elsewhere. */
export function placedOnNode(system: ActorSystem): readonly string[] {
  const spawner = system.inspect().children.find(({ path }) => path === spawnerPath);
  return (spawner?.children ?? []).flatMap(({ children }) => children.map(({ path }) => path));
}
