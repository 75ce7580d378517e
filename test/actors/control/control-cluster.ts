// A control channel in virtual time, on a store in memory, with one node that reports and takes orders.
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { type Leaving, NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { ControlCaller, ControlRequest } from "#protocols/tasks/control.ts";
import { WorkSwitch, workSwitch } from "#runtime/patterns/work-switch.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

export const admin: ControlCaller = { by: "ada", scopes: ["admin"] };

const facts = {
  hostname: "here",
  platform: "linux",
  arch: "x64",
  cores: 1,
  cpuModel: "x",
  memoryBytes: 1,
  nodeVersion: "v20",
};
const load = { cpuUsage: 0, memoryBytes: 1, eventLoopDelayMsP99: 0, eventLoopDelayMsMax: 0 };

export async function controlCluster() {
  const { system, time } = createTestSystem();
  const left: Leaving[] = [];
  const turned = new WorkSwitch();
  system.provide(workSwitch, turned);
  const stored = system.spawn(StoreActor, { kind: "memory" });
  await time.until(system.started(stored));
  const store = system.refTo(Store, { node: "test", path: stored.$.address.path });
  const registry = system.spawn(NodeRegistryActor, { heartbeatMs: 1_000 });
  await time.until(system.started(registry));
  const probe = { pid: 7, capabilities: () => facts, load: () => load };
  system.spawn(NodeAgentActor, { models: [], slots: 0, probe });
  const orders = {
    book: new OrderBook(),
    leave: (purpose: Leaving) => left.push(purpose),
    obstacles: { shutdown: "test is all there is" },
    work: "none" as const,
    metrics: "none" as const,
  };
  system.spawn(NodeControlActor, orders, { name: "node-control" });
  await time.advance(500);
  const counts = new ControlCounts();
  const startChannel = async () => {
    const terms = { gateway: null, models: [], endpoint: null, counts };
    const channel = system.spawn(ControlChannelActor, terms);
    await time.until(system.started(channel));
    return channel;
  };
  return { system, time, store, left, turned, counts, startChannel };
}

export type ControlCluster = Awaited<ReturnType<typeof controlCluster>>;

export const restart = (commandId: string): ControlRequest => ({
  command: "RESTART_NODE",
  node: "test",
  commandId,
});
