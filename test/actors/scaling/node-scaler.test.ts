// The NodeScaler over the real queue, store and registry, on virtual time; nodes are agents and offers to the queue.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import type { NodeProvider, ProvidedNode, ProvideOrder } from "#actors/scaling/node-provider.ts";
import { NodeScaler } from "#actors/scaling/node-scaler.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { NodeAgent, NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import { NodeScaling, nodeScalerName } from "#protocols/tasks/node-scaling.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { systemChannel } from "#protocols/tasks/queue-monitor.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { leaseOf } from "../queue/queue-fixture.ts";
import { sampleCapability, sampleLoad } from "../registry/sample-capability.ts";
import { groupTerms } from "./group-stage.ts";

interface Process {
  readonly name: string;
  readonly registry: Ref<NodeRegistry>;
  readonly left: () => void;
}
interface Beat {
  beat(): void;
}

class Agent extends Actor<NodeAgent, Process, Beat> implements Handlers<NodeAgent & Beat> {
  static readonly protocol = NodeAgent;
  static initial = (args: Process): Process => args;
  override start(): void {
    this.ctx.every(1_000, "beat");
  }
  beat(): void {
    const { name, registry } = this.state;
    registry.heartbeat({ agent: this.ctx.self, name, incarnation: 1, load: sampleLoad });
  }
  report(): never {
    throw reply(new Failure("unavailable", "it has no figures"));
  }
  introduce(): void {}
  leave(): Ack {
    this.state.left();
    return ack;
  }
  leaveObstacle(): null {
    return null;
  }
}

interface Slot {
  readonly node: string;
  readonly queue: Ref<Queue>;
  /** What it holds. */
  readonly leases: TaskLease[];
}

class HoldingWorker extends Actor<Worker, Slot, Beat> implements Handlers<Worker & Beat> {
  static readonly protocol = Worker;
  static initial = (args: Slot): Slot => args;
  override start(): void {
    this.ctx.every(1_000, "beat");
  }
  run(lease: TaskLease): void {
    this.state.leases.push(lease);
  }
  cancel(): void {}
  served(): never {
    return assert.fail("nobody asks it");
  }
  beat(): void {
    const { leases, node, queue } = this.state;
    queue.heartbeat({ node, leases: leases.map(leaseOf) }).catch(() => undefined);
  }
}

/** Nodes that stand at once when they are asked for, each with a worker of one slot. */
class ListedNodes implements NodeProvider {
  readonly orders: ProvideOrder[] = [];
  readonly standingNow = new Set<string>();
  refusal: string | undefined;
  readonly #begin: (node: string) => void;

  constructor(begin: (node: string) => void) {
    this.#begin = begin;
  }
  provide(order: ProvideOrder): void {
    if (this.refusal !== undefined) throw new Failure("unavailable", this.refusal);
    this.orders.push(order);
    for (const node of order.start) this.add(node);
  }
  add(node: string): void {
    if (this.standingNow.has(node)) return;
    this.standingNow.add(node);
    this.#begin(node);
  }
  standing(): readonly ProvidedNode[] {
    return [...this.standingNow].map((node) => ({ node, phase: "ready" }));
  }
}

async function stage() {
  const bench = createTestSystem();
  const { system, time } = bench;
  const until = <T>(promise: Promise<T>): Promise<T> => time.until(promise, 60_000);
  await until(system.started(system.spawn(StoreActor, { kind: "memory" }, { name: "store" })));
  const queueActor = system.spawn(QueueManager, { queues: [] });
  system.spawn(NodeRegistryActor, { heartbeatMs: 1_000 });
  const store = await until(system.lookup(Store, "store", 5_000));
  const queue = await until(system.lookup(Queue, "queue", 5_000));
  const registry = await until(system.lookup(NodeRegistry, nodeRegistryName, 5_000));
  const slots = new Map<string, TaskLease[]>();
  const begin = (node: string): void => {
    const leases: TaskLease[] = [];
    slots.set(node, leases);
    const worker = system.spawn(HoldingWorker, { node, queue, leases });
    const agent: Ref<NodeAgent> = system.spawn(Agent, {
      ...{ name: node, registry },
      left: () => {
        nodes.standingNow.delete(node);
        void system.stopActor(worker);
        void system.stopActor(agent);
      },
    });
    const capabilities = { ...sampleCapability, slots: 1 };
    const life = { name: node, incarnation: 1, pid: 1 };
    const offer = { worker, node, incarnation: 1, models: ["nap"], slots: 1, holds: [] };
    void registry
      .register({ agent, ...life, capabilities })
      .then(() => system.lookup(Queue, "queue", 5_000))
      .then((found) => found.offer(offer));
  };
  const nodes = new ListedNodes(begin);
  nodes.add("w-1");
  const args = { groups: [groupTerms()], providerOf: () => nodes };
  const scale = () => system.spawn(NodeScaler, args);
  let scaler = scale();
  await time.advance(3_000);
  const submit = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number++) {
      await until(queue.submit({ type: "nap", model: "nap", parameters: {}, inputs: [] }));
    }
  };
  const finishAll = async (): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      for (const [node, leases] of slots) {
        for (const lease of leases.splice(0)) {
          const result = { figures: {}, files: [] };
          await until(queue.complete({ node, lease: leaseOf(lease), result }));
        }
      }
      await time.advance(100);
    }
  };
  const view = async () => {
    const found = await until(system.lookup(NodeScaling, nodeScalerName, 5_000));
    const [group] = await until(found.groups());
    assert.ok(group);
    return group;
  };
  const anew = async () => {
    await until(system.stopActor(scaler));
    scaler = scale();
    await time.advance(2_000);
  };
  return { ...bench, slots, until, store, queue, queueActor, nodes, submit, finishAll, view, anew };
}

test("nodes come with what waits and runs, leave by a drain, and every step is told", async () => {
  const { finishAll, nodes, store, stop, submit, time, until, view } = await stage();
  await submit(4);
  await time.advance(30_000);
  assert.deepEqual([...nodes.standingNow], ["w-1", "w-2", "w-3", "w-4"]);
  const grown = await view();
  assert.deepEqual([grown.wanted, grown.waiting, grown.running], [4, 0, 4]);
  await finishAll();
  await time.advance(120_000);
  assert.deepEqual([...nodes.standingNow], ["w-1"]);
  const { ups, downs, failures, lastChange, trouble } = await view();
  assert.deepEqual([ups, downs, failures, trouble], [2, 3, 0, null]);
  assert.equal(lastChange, "w-2 has left");
  const page = await until(store.readEvents({ channel: systemChannel, afterSeq: 0, limit: 100 }));
  const texts = page.events.map(({ payload }) => JSON.stringify(payload));
  assert.ok(texts.some((text) => text.includes("w: 1 node become 2: 3 wait and 1 run")));
  assert.ok(texts.some((text) => text.includes("4 nodes become 3: no more than 1 were wanted")));
  await stop();
});

test("a node that runs something does not leave, and its task is begun once", async () => {
  const { finishAll, nodes, slots, stop, submit, time, view } = await stage();
  await submit(4);
  await time.advance(30_000);
  const held = slots.get("w-4")?.[0];
  assert.ok(held);
  slots.set("w-4", []);
  await finishAll();
  await time.advance(60_000);
  assert.deepEqual((await view()).nodes.at(-1), { node: "w-4", phase: "leaving" });
  assert.ok(nodes.standingNow.has("w-4"));
  assert.deepEqual(slots.get("w-1"), []);
  await stop();
});

test("another scaler, and another queue, goes on from who stands", async () => {
  const { anew, nodes, queueActor, stop, submit, system, time, until, view } = await stage();
  await submit(2);
  await time.advance(30_000);
  const orders = nodes.orders.length;
  await anew();
  assert.deepEqual(
    (await view()).nodes.map(({ phase }) => phase),
    Array(2).fill("ready"),
  );
  await until(system.stopActor(queueActor));
  await time.advance(5_000);
  system.spawn(QueueManager, { queues: [] });
  await time.advance(12_000);
  assert.equal(nodes.standingNow.size, 2);
  assert.equal(nodes.orders.length, orders);
  const later = await until(system.lookup(Queue, "queue", 5_000));
  for (let number = 0; number < 4; number++) {
    await until(later.submit({ type: "nap", model: "nap", parameters: {}, inputs: [] }));
  }
  await time.advance(12_000);
  assert.equal(nodes.standingNow.size, 4);
  await stop();
});

test("a provider that takes no order is told of, and asked again half a minute later", async () => {
  const { nodes, stop, submit, time, view } = await stage();
  nodes.refusal = "nobody starts nodes here";
  await submit(4);
  await time.advance(20_000);
  const { failures, trouble } = await view();
  assert.deepEqual([failures, trouble], [1, "w: nobody starts nodes here"]);
  nodes.refusal = undefined;
  await time.advance(60_000);
  assert.equal(nodes.standingNow.size, 4);
  assert.equal((await view()).trouble, null);
  await stop();
});
