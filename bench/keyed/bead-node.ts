// A node for beads: both processes make theirs alike.
import { type StartedNode, startSystem } from "#runtime/index.ts";
import { Bead, BeadString } from "./bead-actor.ts";

export const startBeadNode = (
  name: string,
  peers: ReadonlyMap<string, string>,
  ttlMs: number,
): Promise<StartedNode> =>
  startSystem({
    node: { name, incarnation: Date.now() },
    bind: "tcp://127.0.0.1:*",
    director: "near",
    peers,
    protocols: [Bead, BeadString],
    session: { ttlMs },
    log: { write: () => {} },
  });
