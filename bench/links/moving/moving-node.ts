// One of the three nodes between which an actor moves, with one sender, or two.
import { type StartedNode, startSystem } from "#runtime/start-system.ts";
import { silent } from "../../core/contenders/silent-log.ts";
import { Listener, ListenerActor } from "./listener-actor.ts";
import { PacedSender, PacedSenderActor } from "./paced-sender.ts";

export async function startMovingNode(
  name: string,
  peers: ReadonlyMap<string, string>,
  senders: readonly number[],
): Promise<StartedNode> {
  const node = await startSystem({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "near",
    // A machine that is overloaded is no reason to end a node.
    session: { ttlMs: 15_000 },
    peers,
    protocols: [Listener, PacedSender],
    actors: [ListenerActor, PacedSenderActor],
    log: silent,
  });
  for (const number of senders) {
    node.system.spawn(PacedSenderActor, { number }, { name: `sender-${number}` });
  }
  return node;
}
