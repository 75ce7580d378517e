// Few tasks go to many workers, and many tasks fill them, over stores in memory and on disk.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { ForgetfulStoreActor, type Losses } from "./forgetful-store.ts";
import { type OfferTerms, queueBench, submissionOf } from "./queue-bench.ts";
import { leaseOf } from "./queue-fixture.ts";

const nodes = ["a", "b", "c", "d"];

async function benchOf(context: TestContext, terms: OfferTerms) {
  const bench = await queueBench(context);
  for (const node of nodes) await bench.worker(node, terms);
  const running = async (): Promise<readonly number[]> => {
    const workers = await bench.queue.workers();
    return workers.map((worker) => worker.running);
  };
  /** Once so many tasks run. */
  const settled = async (count: number): Promise<readonly number[]> => {
    for (let tries = 0; tries < 400; tries += 1) {
      const loads = await running();
      if (loads.reduce((sum, load) => sum + load, 0) === count) return loads;
      await sleep(10);
    }
    return running();
  };
  const submit = (count: number) =>
    Promise.all(Array.from({ length: count }, () => bench.queue.submit(submissionOf())));
  return { ...bench, settled, submit };
}

test("a burst on disk is shared by equal workers, and so is the one behind it", async (context) => {
  const { settled, submit } = await benchOf(context, { slots: 8 });
  await submit(8);
  assert.deepEqual(await settled(8), [2, 2, 2, 2]);
  await submit(8);
  assert.deepEqual(await settled(16), [4, 4, 4, 4]);
  await submit(40);
  assert.deepEqual(await settled(32), [8, 8, 8, 8], "more than there are slots fill them");
});

test("four tasks on disk go to four workers of two slots", async (context) => {
  const { settled, submit } = await benchOf(context, { slots: 2 });
  await submit(4);
  assert.deepEqual(await settled(4), [1, 1, 1, 1]);
});

test("what waited in a paused queue is shared when it goes on", async (context) => {
  const { settled, store, submit } = await benchOf(context, { slots: 8 });
  await store.setQueue({ queue: "default", isPaused: true });
  await submit(8);
  await store.setQueue({ queue: "default", isPaused: false });
  assert.deepEqual(await settled(8), [2, 2, 2, 2]);
});

test("what one of the workers alone can run all goes there, whoever was to share it", async (context) => {
  const { queue, settled, worker } = await benchOf(context, { slots: 8 });
  await worker("e", { slots: 8, skills: ["ocr"] });
  await settled(0);
  const asking = submissionOf({ requiredSkills: ["ocr"] });
  await Promise.all(Array.from({ length: 6 }, () => queue.submit(asking)));
  assert.deepEqual(await settled(6), [0, 0, 0, 0, 6]);
});

test("the tasks of a worker that is lost are shared by the others", async (context) => {
  const { settled, submit, system, worker } = await benchOf(context, { slots: 8 });
  await submit(40);
  assert.deepEqual(await settled(32), [8, 8, 8, 8]);
  const second = await worker("e", { slots: 8 });
  assert.deepEqual(await settled(40), [8, 8, 8, 8, 8]);
  for (const node of ["f", "g"]) await worker(node, { slots: 8 });
  await system.stopActor(second);
  assert.deepEqual(await settled(40), [8, 8, 8, 8, 4, 4]);
});

interface MillArguments {
  readonly node: string;
  readonly queue: Ref<Queue>;
  readonly runMs: number;
  readonly begun: (node: string) => void;
}

/** Grinds each task for as long as it takes on its node. */
class MillActor extends Actor<Worker, MillArguments> implements Handlers<Worker> {
  static readonly protocol = Worker;
  static initial = (args: MillArguments): MillArguments => args;
  run(lease: TaskLease): void {
    const { begun, node, queue, runMs } = this.state;
    begun(node);
    const result = { figures: {}, files: [] };
    const report = { node, lease: leaseOf(lease), result };
    this.ctx.sleep(runMs).then(() => queue.complete(report), assert.fail);
  }
  cancel(): void {}
  served(): never {
    return assert.fail("nobody asks it");
  }
}

/** In virtual time, over a store in memory; `runMs` of each node. */
async function millsOf(runMs: Readonly<Record<string, number>>, slots: number) {
  const { system, time } = createTestSystem();
  const losses: Losses = { claims: 0, granted: [], asked: 0 };
  await time.until(system.started(system.spawn(ForgetfulStoreActor, losses, { name: "store" })));
  const manager = system.spawn(QueueManager, { queues: [] }, { name: "manager" });
  await time.until(system.started(manager));
  const queue = await time.until(system.lookup(Queue, "queue"));
  const begun = new Map(Object.keys(runMs).map((node) => [node, 0]));
  const note = (node: string): unknown => begun.set(node, (begun.get(node) ?? 0) + 1);
  for (const [node, ms] of Object.entries(runMs)) {
    const worker = system.spawn(MillActor, { node, queue, runMs: ms, begun: note });
    const offer = { worker, node, incarnation: 1, holds: [], slots, models: ["diffuse"] };
    await time.until(queue.offer(offer));
  }
  await time.advance(1_500);
  const submit = (count: number) =>
    time.until(Promise.all(Array.from({ length: count }, () => queue.submit(submissionOf()))));
  /** How many each of them began since this was asked last. */
  const shares = (): Readonly<Record<string, number>> => {
    const seen = Object.fromEntries(begun);
    for (const node of begun.keys()) begun.set(node, 0);
    return seen;
  };
  return { losses, queue, shares, submit, time };
}

test("a burst in memory is shared by equal workers", async () => {
  for (const [slots, count, each] of [
    [8, 8, 2],
    [2, 4, 1],
    [32, 32, 8],
  ] as const) {
    const { shares, submit, time } = await millsOf({ a: 900, b: 900, c: 900, d: 900 }, slots);
    await submit(count);
    await time.advance(500);
    assert.deepEqual(shares(), { a: each, b: each, c: each, d: each }, `${count} on ${slots}`);
  }
});

test("who was seen to be fast gets more of a burst", async () => {
  const { shares, submit, time } = await millsOf({ a: 100, b: 300, c: 300 }, 8);
  await submit(24);
  await time.advance(2_000);
  shares();
  await submit(10);
  await time.advance(50);
  assert.deepEqual(shares(), { a: 6, b: 2, c: 2 });
});

test("many tasks keep all slots busy, with no more claims than free slots need", async () => {
  const { losses, shares, submit, time } = await millsOf({ a: 100, b: 100, c: 100, d: 100 }, 8);
  losses.asked = 0;
  await submit(1_000);
  await time.advance(4_000);
  const begun = Object.values(shares());
  assert.equal(
    begun.reduce((sum, count) => sum + count, 0),
    1_000,
    "32 at a time, 100 ms each",
  );
  assert.ok((losses.asked ?? 0) < 300, `${losses.asked} claims, each of all slots that are free`);
});
