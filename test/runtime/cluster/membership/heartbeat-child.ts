// A heartbeat node in a process of its own, driven by its parent over the process channel. It ends with
// its parent.
import { block, HeartbeatNode, type Roster, type Suspicion } from "./heartbeat-node.ts";

export type Order =
  | { readonly kind: "bind"; readonly name: string }
  | { readonly kind: "start"; readonly roster: Roster }
  | { readonly kind: "block"; readonly ms: number }
  | { readonly kind: "tell" };

export interface Told {
  readonly address: string;
  readonly suspicions: readonly Suspicion[];
}

let node: HeartbeatNode | undefined;

const isOrder = (message: unknown): message is Order =>
  typeof message === "object" && message !== null && "kind" in message;

process.on("message", async (order: unknown) => {
  if (!isOrder(order)) return;
  if (order.kind === "bind") node = await HeartbeatNode.bind(order.name);
  if (order.kind === "start") await node?.start(order.roster);
  const told: Told = { address: node?.address ?? "", suspicions: node?.suspicions ?? [] };
  process.send?.(told);
  if (order.kind === "block") block(order.ms);
});
process.on("disconnect", () => process.exit());
