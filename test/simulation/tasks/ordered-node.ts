// What a worker's node has for the orders of an operator: the actor that carries them out, and a command of
// its own. Leaving is a fault that comes upon the fact.
import { NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { CommandBook } from "#nodes/client/command-book.ts";
import { CommandDesk } from "#nodes/client/command-desk.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { countCommand, deskNode, orderedAway } from "./operator-plan.ts";
import { recordFact, recordSight } from "./task-facts.ts";

export function spawnOrderly(host: SimulatedHost): void {
  const { node, system } = host;
  const leave = ({ reason }: NodeLeave): void => {
    recordFact(host, "leaves", { commandId: reason });
    recordSight(host, orderedAway(node.name));
  };
  const orders = { book: new OrderBook(), leave, obstacles: {}, metrics: "none" } as const;
  system.spawn(NodeControlActor, orders, { name: "node-control" });
  if (node.name !== deskNode) return;
  const book = new CommandBook();
  const handler = ({ commandId }: { readonly commandId: string }) => {
    recordFact(host, "counted", { commandId });
    return { commandId };
  };
  book.add(countCommand, { handler, scope: "control" });
  system.spawn(CommandDesk, book, { name: "desk" });
}
