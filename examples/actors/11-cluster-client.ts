// A program of its own takes part in a cluster: it submits tasks and watches them, tells everybody
// something, and adds a node with a command of its own. Here the cluster is one node in the same process;
// `director` may as well be the address of one that `troupe up` has started.
// Run it: npx tsx examples/actors/11-cluster-client.ts
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { connectCluster, startNodeClient } from "#nodes/client/index.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ControlChannel, ControlHandler, NodeControl } from "#protocols/tasks/control.ts";
import { NodeAgent, NodeRegistry } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { startSystem } from "#runtime/index.ts";

const control = [ControlChannel, ControlHandler, NodeControl];
const { session, system, address } = await startSystem({
  node: { name: "control", incarnation: Date.now() },
  ...{ bind: "tcp://127.0.0.1:*", director: "control", peers: new Map() },
  protocols: [...[Store, Queue, Worker, NodeRegistry, NodeAgent], ...control],
  log: { write: () => {} },
});
await session.opened;
system.spawn(StoreActor, { kind: "memory" });
system.spawn(QueueManager, { queues: [] });
system.spawn(NodeRegistryActor, { heartbeatMs: 500 });
const terms = { gateway: null, models: [], endpoint: null, counts: new ControlCounts() };
system.spawn(ControlChannelActor, terms);

const cluster = await connectCluster({ director: address, name: "studio" });
const notices = await cluster.follow("system");
const task = { type: "repair", model: "none", parameters: {}, inputs: [] };
const { taskId } = await cluster.submit({ ...task, name: "a scratched photograph" });
await cluster.updateTaskStatus(taskId, { metadata: { for: "Ada" } });
const completed = { lease: { taskId, fence: 1, epoch: "" }, result: { figures: {}, files: [] } };
await cluster
  .updateTaskStatus(taskId, { status: "completed", ...completed })
  .catch(({ message }) => console.log(message));

const happened = await cluster.watchTask(taskId);
console.log(
  `cancelling: ${(await cluster.cancelTask(taskId, { reason: "found another" })).outcome}`,
);
for await (const event of happened) {
  if (event.kind === "event") console.log(`${event.seq}. ${event.type}`);
}

await cluster.broadcastNotification("we close at noon", "warning");
const { value: notice } = await notices.next();
if (notice?.kind === "event") console.log(`${notice.payload.severity}: ${notice.payload.message}`);

let color = "white";
const lamp = await startNodeClient({
  ...{ node: "lamp", director: address },
  handlers: {
    SWITCH_LIGHT: ({ by, parameters }) => {
      color = String(parameters.color);
      return { color, by };
    },
  },
});
const order = { command: "SWITCH_LIGHT", parameters: { color: "green" } };
console.log(`the light is ${color}, then ${JSON.stringify(await cluster.order(order))}`);

const { nodes, tasks } = await cluster.getSystemStatus();
if (nodes.kind === "known") console.log(nodes.value.map(({ name, status }) => `${name} ${status}`));
if (tasks.kind === "known") console.log(`${tasks.value.cancelled} task was cancelled`);

await lamp.stop();
await cluster.close();
await system.shutdown();
