// What the control channel may order a node to, and what that does to its process.
import { type EndingOrder, NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { nodeControlPath } from "#protocols/tasks/control.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import type { ClusterPlan, NodePlan } from "../topology/topology-plan.ts";

export interface OrdersTaken {
  readonly plan: ClusterPlan;
  readonly node: NodePlan;
  /** Has the node's process end. */
  leave(order: NodeLeave): void;
}

export function takeOrders(system: ActorSystem, { plan, node, leave }: OrdersTaken): void {
  const args = {
    book: new OrderBook(),
    leave,
    obstacles: obstaclesOf(node),
    metrics: plan.observation === null ? ("none" as const) : ("provided" as const),
  };
  system.spawn(NodeControlActor, args, { name: nodeControlPath.slice(1) });
}

/** A process that no launcher has started would not be started again. */
function obstaclesOf({ name, isDirector }: NodePlan): Partial<Record<EndingOrder, string>> {
  const unlaunched = `nobody would start ${name} again: it was started by hand, so start it anew by hand`;
  const director = `${name} holds the directory, without which no other node can go on; end the whole cluster where it was started`;
  return {
    ...(process.send === undefined ? { RESTART_NODE: unlaunched } : {}),
    ...(isDirector ? { SHUTDOWN_NODE: director } : {}),
  };
}
