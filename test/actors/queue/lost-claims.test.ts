// Claims whose answers are lost, and workers that go while they claim: no task pays for either.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { ForgetfulStoreActor, type Losses } from "./forgetful-store.ts";
import { planOf, submissionOf } from "./queue-bench.ts";
import { leaseOf, queueOn, result, submission, TestWorkerActor } from "./queue-fixture.ts";

async function forgetfulBench(context: TestContext, queues: readonly QueuePlan[] = []) {
  const timers = new NodeTimers(nodeClock);
  const { system } = createTestSystem({ clock: nodeClock, timers, executor: nodeExecutor });
  context.after(() => system.stop());
  const losses: Losses = { claims: 0, granted: [] };
  await system.started(system.spawn(ForgetfulStoreActor, losses, { name: "store" }));
  await system.started(system.spawn(QueueManager, { queues }, { name: "queue-manager" }));
  const store = await system.lookup(Store, "store", 5_000);
  const queue = await system.lookup(Queue, "queue", 5_000);
  const offer = { node: "one", incarnation: 1, models: ["diffuse"], slots: 2, holds: [] };
  return { system, losses, store, queue, offer };
}

test("a claim whose answer was lost costs its tasks nothing, and they are handed out at once", {
  timeout: 20_000,
}, async (context) => {
  const { system, losses, store, queue, offer } = await forgetfulBench(context);
  losses.claims = 5;
  const ids = [];
  for (const text of ["a", "b"]) ids.push((await queue.submit(submission(text))).taskId);
  const worker = system.spawn(TestWorkerActor);
  await queue.offer({ ...offer, worker });
  const handed = [await worker.next(), await worker.next()];
  assert.deepEqual(handed.map(({ taskId }) => taskId).sort(), ids.sort());
  assert.ok(losses.granted.length >= 5, "answers were lost");
  for (const lease of handed) {
    const view = await store.view(lease.taskId);
    assert.deepEqual([view?.lostLeases, view?.retryCount, view?.status], [0, 0, "running"]);
    const report = { node: "one", lease: leaseOf(lease), result: result("done") };
    assert.equal((await queue.complete(report)).kind, "committed");
  }
});

test("a lost claim of a queue with a rate takes nothing of it", {
  timeout: 20_000,
}, async (context) => {
  const plan = planOf("slow", { rate: { perSecond: 0.001, burst: 1 } });
  const { system, losses, queue, offer } = await forgetfulBench(context, [plan]);
  losses.claims = 3;
  const { taskId } = await queue.submit(submissionOf({ queue: "slow" }));
  const worker = system.spawn(TestWorkerActor);
  await queue.offer({ ...offer, worker, queues: ["slow"] });
  assert.equal((await worker.next()).taskId, taskId);
  assert.equal(losses.claims, 0);
});

test("a worker that ends while it claims loses what it holds, and nothing else", {
  timeout: 20_000,
}, async (context) => {
  const { system, queue, store } = await queueOn(context);
  for (let round = 0; round < 5; round += 1) {
    const worker = system.spawn(TestWorkerActor);
    const offer = { node: "one", incarnation: round + 1, models: ["diffuse"], slots: 4 };
    await queue.offer({ ...offer, worker, holds: [] });
    const { taskId } = await queue.submit(submission(`held in ${round}`));
    const lease = await worker.next();
    assert.equal(lease.taskId, taskId);
    const claimed = Promise.all(
      [1, 2, 3].map((count) => queue.submit(submission(`claimed in ${round}: ${count}`))),
    );
    await system.stopActor(worker);
    const others = await claimed;
    while ((await queue.workers()).length > 0);
    const report = { node: "one", lease: leaseOf(lease), result: result("late") };
    while ((await store.view(taskId))?.lostLeases !== 1) await queue.statistics();
    assert.equal((await queue.complete(report)).kind, "lost");
    const lost = await Promise.all(others.map((one) => store.view(one.taskId)));
    // What was handed to it before it ended is lost with it; the store shows that nothing is lost twice.
    for (const view of lost) assert.ok((view?.lostLeases ?? 9) <= 1);
    for (const one of [taskId, ...others.map((other) => other.taskId)]) {
      await queue.cancel({ taskId: one, reason: "the round is over" });
    }
  }
});

test("an alert that the store refuses is raised again until it is taken", {
  timeout: 20_000,
}, async (context) => {
  const plan = planOf("small", { settings: { queue: "small", pendingMax: 2 } });
  const { losses, store, queue } = await forgetfulBench(context, [plan]);
  losses.alerts = 2;
  for (let count = 0; count < 2; count += 1) await queue.submit(submissionOf({ queue: "small" }));
  while ((await store.openAlerts(10)).length === 0) await queue.statistics();
  const [alert] = await store.openAlerts(10);
  assert.deepEqual([alert?.subject, alert?.severity, losses.alerts], ["small", "critical", 0]);
});
