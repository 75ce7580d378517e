// Slots of workers in virtual time: they are free as soon as the worker has let go, and never before.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { ForgetfulStoreActor, type Losses } from "./forgetful-store.ts";

interface MillArguments extends WorkerTerms {
  readonly begun: (lease: TaskLease) => void;
}

/** Grinds for as long as a task says, and heeds its signal unless it is deaf. */
class MillWorker extends TaskWorker<MillArguments> {
  static initial = (args: MillArguments): MillArguments => args;
  protected readonly models = ["mill"];
  protected readonly handlers: TaskHandlers = {
    grind: async (task, { signal }) => {
      this.state.begun(task);
      const { deaf, ms } = task.parameters;
      await this.ctx.sleep(Number(ms), deaf === true ? undefined : signal);
      return { figures: {}, files: [] };
    },
  };
}

async function mill(slots = 1) {
  const { system, time } = createTestSystem();
  const losses: Losses = { claims: 0, granted: [], recalls: 0, releases: 0 };
  await time.until(system.started(system.spawn(ForgetfulStoreActor, losses, { name: "store" })));
  const manager = system.spawn(QueueManager, { queues: [] }, { name: "manager" });
  await time.until(system.started(manager));
  const queue = await time.until(system.lookup(Queue, "queue"));
  const store = await time.until(system.lookup(Store, "store"));
  const begun: { readonly lease: TaskLease; readonly atMs: number }[] = [];
  const worker = system.spawn(MillWorker, {
    slots,
    begun: (lease: TaskLease) => begun.push({ lease, atMs: time.now() }),
  });
  await time.until(system.started(worker));
  const submit = async (terms: Partial<TaskSubmission> & { ms?: number; deaf?: boolean }) => {
    const { ms = 10, deaf = false, ...more } = terms;
    const task = { type: "grind", model: "mill", parameters: { ms, deaf }, inputs: [], ...more };
    return (await time.until(queue.submit(task))).taskId;
  };
  const outcome = (taskId: string) =>
    time.until(queue.$.with({ within: 600_000 }).outcome(taskId), 600_000);
  return { system, time, queue, store, losses, begun, worker, submit, outcome };
}

test("the slot of an attempt that timed out is free as soon as its worker was told", async () => {
  const { begun, outcome, submit } = await mill();
  const slow = await submit({ ms: 60_000, timeoutMs: 300, maxRetries: 0 });
  const next = await submit({});
  assert.equal((await outcome(slow)).status, "timed_out");
  assert.equal((await outcome(next)).status, "completed");
  const [first, second] = begun;
  const waitedMs = (second?.atMs ?? Infinity) - (first?.atMs ?? 0);
  // The heartbeat that hears of the loss, and the next one.
  assert.ok(waitedMs < 2_300, `it waited ${waitedMs} ms`);
});

test("work that does not heed its signal keeps its slot until it has ended", async () => {
  const { begun, outcome, submit } = await mill();
  const deaf = await submit({ ms: 4_500, deaf: true, timeoutMs: 300, maxRetries: 0 });
  const next = await submit({});
  assert.equal((await outcome(deaf)).status, "timed_out");
  assert.equal((await outcome(next)).status, "completed");
  const [first, second] = begun;
  const waitedMs = (second?.atMs ?? Infinity) - (first?.atMs ?? 0);
  assert.ok(waitedMs >= 4_500 && waitedMs < 4_800, `it waited ${waitedMs} ms`);
});

test("a lease whose answer came late is given back untouched, and costs its task nothing", async () => {
  const { begun, losses, outcome, store, submit, time } = await mill();
  losses.claimMs = 9_000;
  const taskId = await submit({});
  await time.advance(8_000);
  losses.claimMs = 0;
  assert.equal((await outcome(taskId)).status, "completed");
  const view = await time.until(store.view(taskId));
  assert.deepEqual([view?.lostLeases, view?.attempt], [0, 2]);
  assert.equal(begun.length, 1, "nobody began what was late");
});

test("a claim that takes longer than other asks is heard all the same", async () => {
  const { losses, outcome, store, submit, time } = await mill();
  losses.claimMs = 6_500;
  const taskId = await submit({});
  assert.equal((await outcome(taskId)).status, "completed");
  const view = await time.until(store.view(taskId));
  assert.deepEqual([view?.lostLeases, view?.attempt], [0, 1]);
});

test("a recall that the store refuses is tried again until its tasks are back", async () => {
  const { losses, outcome, store, submit, time } = await mill();
  losses.claims = 2;
  losses.recalls = 4;
  const taskId = await submit({});
  const startMs = time.now();
  assert.equal((await outcome(taskId)).status, "completed");
  assert.ok(time.now() - startMs < 10_000, "it did not wait for the end of a lease");
  const view = await time.until(store.view(taskId));
  assert.equal(view?.lostLeases, 0);
  assert.deepEqual([losses.claims, losses.recalls], [0, 0]);
});

test("what a worker leaves behind goes on elsewhere, also when the store cannot be told at once", async () => {
  const { begun, losses, outcome, queue, store, submit, system, time, worker } = await mill();
  const taskId = await submit({ ms: 2_500 });
  await time.advance(100);
  assert.equal(begun.length, 1);
  losses.releases = 3;
  await time.until(system.stopActor(worker));
  await time.advance(6_000);
  assert.equal(losses.releases, 0, "it was tried until the store took it back");
  const view = await time.until(store.view(taskId));
  assert.deepEqual([view?.status, view?.lostLeases], ["pending", 1]);
  assert.deepEqual(await time.until(queue.workers()), []);
  const next = system.spawn(MillWorker, { slots: 1, begun: () => {} });
  await time.until(system.started(next));
  assert.equal((await outcome(taskId)).status, "completed");
});
