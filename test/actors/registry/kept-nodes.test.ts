// The registry and the queue with a real store in one process: what outlasts either of them.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeAgentActor } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { NodeAgent, type NodeLeave } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { leaseOf, storeOn } from "../queue/queue-fixture.ts";
import { sampleCapability, sampleLoad } from "./sample-capability.ts";

const Told = protocol<Worker>("tasks.Worker@2", { run: tell, cancel: tell, served: ask() });

class ToldWorker
  extends Actor<Worker, { readonly took: (lease: TaskLease) => void }>
  implements Handlers<Worker>
{
  static readonly protocol = Told;
  static initial = (args: { readonly took: (lease: TaskLease) => void }) => args;
  run(lease: TaskLease): void {
    this.state.took(lease);
  }
  cancel(): void {}
  served(): never {
    return assert.fail("nobody asks it");
  }
}

/** Of a node that has no process of its own here. */
class StandInAgent extends Actor<NodeAgent> implements Handlers<NodeAgent> {
  static readonly protocol = NodeAgent;
  report(): never {
    throw reply(new Failure("unavailable", "it has no figures"));
  }
  introduce(): void {}
  leave(): Ack {
    return ack;
  }
  leaveObstacle(): null {
    return null;
  }
}

const heartbeatMs = 100;
const address = { ip: "10.0.0.5", tailscaleIp: "100.64.0.1", port: 7_600 };
const submission = { type: "inpaint", model: "diffuse", parameters: {}, inputs: [] };
const result = { figures: {}, files: [] };

async function stage(context: TestContext) {
  const { system, store } = await storeOn(context);
  const name = system.node.name;
  const left: NodeLeave[] = [];
  const { crashesInMinute: _, ...load } = sampleLoad;
  system.spawn(NodeAgentActor, {
    capabilities: sampleCapability,
    probe: { pid: 7, load: () => load },
    leave: (order: NodeLeave) => void left.push(order),
    address,
    obstacles: { "stay-away": "the last one stays" },
  });
  const taken: TaskLease[] = [];
  const worker = system.spawn(ToldWorker, { took: (lease: TaskLease) => void taken.push(lease) });
  const startQueue = async () => {
    const actor = system.spawn(QueueManager, { queues: [] });
    await system.started(actor);
    const queue = await system.lookup(Queue, "queue", 5_000);
    const offer = { worker, node: name, incarnation: 1, models: ["diffuse"], slots: 4, holds: [] };
    await queue.offer(offer);
    return queue;
  };
  const startRegistry = async () => {
    const registry = system.spawn(NodeRegistryActor, { heartbeatMs });
    await system.started(registry);
    return registry;
  };
  return { system, store, name, left, taken, startQueue, startRegistry };
}

/** Asks until it is so; the test's timeout ends it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a pause keeps tasks from the node, also of the next queue and the next registry, until it is resumed", {
  timeout: 30_000,
}, async (context) => {
  const { system, store, name, taken, startQueue, startRegistry } = await stage(context);
  const registry = await startRegistry();
  const queue = await startQueue();
  const kept = await until(async () => (await store.node(name)) ?? undefined);
  const { ipAddress: ip, tailscaleIp, port } = kept;
  assert.deepEqual({ ip, tailscaleIp, port }, address);
  assert.deepEqual((await registry.node(name))?.address, address);
  const order = { node: name, reason: "new disk", by: "anna" };
  const paused = await registry.pause(order);
  assert.deepEqual([paused.status, paused.hold?.reason], ["paused", "new disk"]);
  await queue.submit(submission);
  assert.equal((await queue.statistics()).pending, 1);
  assert.equal(taken.length, 0);

  await system.stopActor(queue);
  const next = await startQueue();
  assert.equal((await next.statistics()).pending, 1);
  assert.equal(taken.length, 0);

  await system.stopActor(registry);
  const second = await startRegistry();
  const seen = await until(async () => {
    const view = await second.node(name);
    return view?.hold && view.load ? view : undefined;
  });
  assert.deepEqual([seen.status, seen.statusReason, seen.hold?.by], ["paused", "new disk", "anna"]);
  assert.deepEqual(
    (await second.match({ model: "lama" })).map(({ score, lacks }) => [score, lacks]),
    [[null, ["it is paused: new disk"]]],
  );
  const resumed = await second.resume(order);
  assert.deepEqual([resumed.status, resumed.hold], ["online", null]);
  const lease = await until(async () => taken.at(0));
  await next.complete({ node: name, lease: leaseOf(lease), result });
  const counted = await until(async () => {
    const record = await store.node(name);
    return record && record.tasksCompleted > 0 ? record : undefined;
  });
  assert.deepEqual([counted.tasksTotal, counted.tasksFailed], [1, 0]);
});

test("orders that cannot be obeyed are refused, say why, and change nothing", {
  timeout: 30_000,
}, async (context) => {
  const { system, store, name, left, startRegistry } = await stage(context);
  const registry = await startRegistry();
  await until(async () => (await store.node(name)) ?? undefined);
  const order = { node: name, reason: "test" };
  await assert.rejects(registry.pause({ ...order, node: "nobody" }), { code: "not_found" });
  await assert.rejects(registry.drain(order), { code: "invalid" });
  await assert.rejects(registry.end({ ...order, wish: "stay-away" }), { code: "invalid" });
  await assert.rejects(registry.remove(order), /drain it first/);
  assert.deepEqual((await store.node(name))?.hold, null);
  await registry.end({ ...order, wish: "come-back" });
  assert.deepEqual(left, [{ wish: "come-back", reason: "test" }]);
  const storeActor = system.refTo(Store, { node: name, path: "/store" });
  await system.stopActor(storeActor);
  const refused = await until(() =>
    registry.pause(order).then(
      () => undefined,
      (cause: { readonly code: string }) => (cause.code === "unavailable" ? cause : undefined),
    ),
  );
  assert.equal(refused.code, "unavailable");
  assert.equal((await registry.node(name))?.hold, null);
});

test("a node that was drained, or removed, gets tasks in its next life", {
  timeout: 30_000,
}, async (context) => {
  const { system, taken, startQueue, startRegistry } = await stage(context);
  const [registry, queue] = [await startRegistry(), await startQueue()];
  await registry.pause({ node: system.node.name, reason: "the other one is meant" });
  const worker = system.spawn(ToldWorker, { took: (lease: TaskLease) => void taken.push(lease) });
  const agent = system.spawn(StandInAgent);
  const begin = async (incarnation: number): Promise<void> => {
    const node = "other";
    const common = { pid: 1, capabilities: sampleCapability };
    await registry.register({ agent, name: node, incarnation, ...common });
    await queue.offer({ worker, node, incarnation, models: ["diffuse"], slots: 4, holds: [] });
  };
  const order = { node: "other", reason: "new disk" };
  await begin(1);
  await registry.drain(order);
  await queue.submit(submission);
  assert.equal(taken.length, 0);
  await begin(2);
  const first = await until(async () => taken.at(0));
  await queue.complete({ node: "other", lease: leaseOf(first), result });

  await registry.pause(order);
  await system.stopActor(agent);
  await until(async () =>
    (await registry.node("other"))?.status === "offline" ? true : undefined,
  );
  await registry.remove(order);
  await queue.submit(submission);
  const second = await until(async () => taken.at(1));
  assert.notEqual(second.taskId, first.taskId);
});

test("what a node has done is shown long before its figures are written", {
  timeout: 30_000,
}, async (context) => {
  const { store, name, taken, startQueue, startRegistry } = await stage(context);
  const registry = await startRegistry();
  const queue = await startQueue();
  await until(async () => (await store.node(name)) ?? undefined);
  // Figures were written just now, so that the next time is as far away as it can be.
  const written = await until(async () => (await store.node(name))?.lastHeartbeatAt ?? undefined);
  await queue.submit(submission);
  const lease = leaseOf(await until(async () => taken[0]));
  await queue.complete({ node: name, lease, result });
  await until(async () => (await registry.node(name))?.statistics?.completed === 1 || undefined);
  assert.equal((await store.node(name))?.lastHeartbeatAt, written);
});
