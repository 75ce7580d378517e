// A control channel in virtual time, on a store in memory, with one node that reports and takes orders.
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import type { GatewayPlace } from "#actors/control/control-peers.ts";
import { NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { openBackend } from "#actors/store/open-backend.ts";
import { storeActorOf } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { ControlCaller, ControlRequest } from "#protocols/tasks/control.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { sampleCapability, sampleLoad } from "../registry/sample-capability.ts";

export const admin: ControlCaller = { by: "ada", scopes: ["admin"] };

/** A store in memory whose machine's clock is so much ahead of the others'. */
const AheadStoreActor = storeActorOf<{ readonly aheadMs: number }>(
  ({ aheadMs }, { wallMs, monotonicMs }) =>
    openBackend({ kind: "memory" }, { wallMs: () => wallMs() + aheadMs, monotonicMs }),
);

export async function controlCluster({ storeAheadMs: aheadMs = 0 } = {}) {
  const { system, time, log } = createTestSystem();
  const left: string[] = [];
  const stored = system.spawn(AheadStoreActor, { aheadMs });
  await time.until(system.started(stored));
  const store = system.refTo(Store, { node: "test", path: stored.$.address.path });
  const queue = system.spawn(QueueManager, { queues: [] });
  await time.until(system.started(queue));
  const registry = system.spawn(NodeRegistryActor, { heartbeatMs: 1_000 });
  await time.until(system.started(registry));
  const probe = { pid: 7, load: () => sampleLoad };
  system.spawn(NodeAgentActor, { capabilities: sampleCapability, probe });
  const orders = {
    book: new OrderBook(),
    leave: ({ wish }: NodeLeave) => void left.push(wish),
    obstacles: { "stay-away": "test is all there is" },
    metrics: "none" as const,
  };
  system.spawn(NodeControlActor, orders, { name: "node-control" });
  await time.advance(500);
  const counts = new ControlCounts();
  const startChannel = async (gateway: GatewayPlace | null = null) => {
    const terms = { gateway, models: ["lama", "diffuse"], endpoint: null, counts };
    const channel = system.spawn(ControlChannelActor, terms);
    await time.until(system.started(channel));
    return channel;
  };
  return { system, time, log, store, left, counts, startChannel };
}

export const restart = (commandId: string): ControlRequest => ({
  command: "RESTART_NODE",
  node: "test",
  commandId,
});
