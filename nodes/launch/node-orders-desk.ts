// What the control channel may order a node to: the actor that takes the orders, and what they do to the
// process.
import { type Leaving, NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { nodeControlPath } from "#protocols/tasks/control.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { WorkSwitch, workSwitch } from "#runtime/patterns/work-switch.ts";
import { actorsOf, type ClusterPlan, type NodePlan } from "../topology/topology-plan.ts";

/** Before the node's own actors are spawned: its workers look at the switch. */
export function provideWorkSwitch(system: ActorSystem): void {
  system.provide(workSwitch, new WorkSwitch());
}

/** Resolves when the node is ordered to end. */
export function takeOrders(
  system: ActorSystem,
  { observation }: ClusterPlan,
  node: NodePlan,
): Promise<Leaving> {
  const isWorking = actorsOf(node.supervision).some(({ actor }) => actor === "inference");
  return new Promise((resolve) => {
    const args = {
      book: new OrderBook(),
      leave: resolve,
      obstacles: obstaclesOf(node),
      work: isWorking ? ("workers" as const) : ("none" as const),
      metrics: observation === null ? ("none" as const) : ("provided" as const),
    };
    system.spawn(NodeControlActor, args, { name: nodeControlPath.slice(1) });
  });
}

/** A process that no launcher has started would not be started again. */
function obstaclesOf({ name, isDirector }: NodePlan): Partial<Record<Leaving, string>> {
  const unlaunched = `nobody would start ${name} again: it was started by hand, so start it anew by hand`;
  const director = `${name} holds the directory, without which no other node can go on; end the whole cluster where it was started`;
  return {
    ...(process.send === undefined ? { restart: unlaunched } : {}),
    ...(isDirector ? { shutdown: director } : {}),
  };
}
