import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { FreshTasks } from "#actors/queue/fresh-tasks.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { ForgetfulStoreActor, type Losses } from "./forgetful-store.ts";
import { leaseOf, result, submission, TestWorkerActor } from "./queue-fixture.ts";

const { system: anySystem } = createTestSystem();
const [store, another] = ["/one", "/another"].map((path) =>
  anySystem.refTo(Store, { node: "test", path }),
);
const created = (taskId: string) =>
  ({ kind: "created", taskId, ack: "durable", evicted: null }) as const;

describe("a fresh task", () => {
  test("is one that was created, until its end is heard of", () => {
    const fresh = new FreshTasks(2);
    fresh.submitted(created("a"), store);
    fresh.submitted({ kind: "replayed", taskId: "b", ack: "durable" }, store);
    assert.deepEqual([fresh.has("a", store), fresh.has("b", store)], [true, false]);
    fresh.forget("a", "never seen");
    assert.ok(!fresh.has("a", store));
  });

  test("is none after a sweep, nor in another store, nor without one", () => {
    const fresh = new FreshTasks(2);
    fresh.submitted(created("a"), store);
    assert.deepEqual([fresh.has("a", another), fresh.has("a", undefined)], [false, false]);
    fresh.submitted(created("b"), another);
    assert.ok(!fresh.has("a", another), "the other one need not have it");
    assert.ok(fresh.has("b", another));
    fresh.swept();
    assert.ok(!fresh.has("b", another));
  });

  test("is not noted beyond the bound", () => {
    const fresh = new FreshTasks(2);
    for (const taskId of ["a", "b", "c"]) fresh.submitted(created(taskId), store);
    assert.deepEqual([fresh.size, fresh.has("c", store)], [2, false]);
  });
});

async function watchedQueue(context: TestContext) {
  const timers = new NodeTimers(nodeClock);
  const { system } = createTestSystem({ clock: nodeClock, timers, executor: nodeExecutor });
  context.after(() => system.stop());
  const losses: Losses = { claims: 0, granted: [] };
  await system.started(system.spawn(ForgetfulStoreActor, losses, { name: "store" }));
  await system.started(system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" }));
  const queue = await system.lookup(Queue, "queue", 5_000);
  return { system, losses, queue, store: await system.lookup(Store, "store", 5_000) };
}

test("who waits for the end of what it has just submitted costs the store no question", async (context) => {
  const { system, losses, queue } = await watchedQueue(context);
  const worker = system.spawn(TestWorkerActor);
  const holds = { models: ["diffuse"], slots: 1, holds: [] };
  await queue.offer({ worker, node: "one", incarnation: 1, ...holds });
  const tasksCount = 20;
  for (let count = 0; count < tasksCount; count += 1) {
    const { taskId } = await queue.submit(submission(`${count}`));
    const ended = queue.outcome(taskId);
    const lease = leaseOf(await worker.next());
    await queue.complete({ node: "one", lease, result: result(`done ${count}`) });
    assert.equal((await ended).status, "completed");
  }
  // A sweep in between asks for what is waited for just then.
  assert.ok((losses.looks ?? 0) < tasksCount, `${losses.looks}`);
  const { taskId } = await queue.submit(submission("last"));
  await worker.next();
  await assert.rejects(queue.$.with({ within: 50 }).outcome(taskId), { code: "timeout" });
});

test("an end that nobody told of is found all the same", { timeout: 20_000 }, async (context) => {
  const { queue, store: open } = await watchedQueue(context);
  const { taskId } = await queue.submit(submission("cancelled behind the queue's back"));
  await open.cancel({ taskId, reason: "by another" });
  assert.equal((await queue.outcome(taskId)).status, "cancelled");
});
