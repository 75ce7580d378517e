// What the control channel may order a node to, and what that does to its process.
import { NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { nodeControlPath } from "#protocols/tasks/control.ts";
import type { LeaveObstacles, NodeLeave } from "#protocols/tasks/node.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import type { ClusterPlan } from "../topology/topology-plan.ts";

export interface OrdersTaken {
  readonly plan: ClusterPlan;
  readonly obstacles: LeaveObstacles;
  /** Has the node's process end. */
  leave(order: NodeLeave): void;
}

export function takeOrders(system: ActorSystem, { plan, leave, obstacles }: OrdersTaken): void {
  const args = {
    book: new OrderBook(),
    leave,
    obstacles,
    metrics: plan.observation === null ? ("none" as const) : ("provided" as const),
  };
  system.spawn(NodeControlActor, args, { name: nodeControlPath.slice(1) });
}
