// Why a node may not end by an order, for good or to come back. Pure: a node's place in the plan in, words
// out; whoever is asked to end the node, by whatever way, goes by them.
import type { ActorKind } from "#protocols/outside/topology.ts";
import type { LeaveObstacles } from "#protocols/tasks/node.ts";
import { actorsOf, type NodePlan } from "../topology/topology-plan.ts";

/** What there is once in a cluster, and what all others need. */
const indispensable: Partial<Readonly<Record<ActorKind, string>>> = {
  store: "the store",
  "queue-manager": "the queue",
  "node-registry": "the node registry",
};

export function leaveObstacles(
  { name, isDirector, supervision }: Pick<NodePlan, "name" | "isDirector" | "supervision">,
  startedBy: "launcher" | "hand",
): LeaveObstacles {
  const placed = actorsOf(supervision).flatMap(({ actor }) => indispensable[actor] ?? []);
  const holds = [...(isDirector ? ["the directory"] : []), ...placed];
  const returning =
    startedBy === "launcher"
      ? {}
      : {
          "come-back": `nobody would start ${name} again: it was started by hand, so start it anew by hand`,
        };
  if (holds.length === 0) return returning;
  const all =
    holds.length === 1 ? holds[0] : `${holds.slice(0, -1).join(", ")} and ${holds.at(-1)}`;
  const staying = `${name} holds ${all}, without which no other node can go on; end the whole cluster where it was started`;
  return { ...returning, "stay-away": staying };
}
