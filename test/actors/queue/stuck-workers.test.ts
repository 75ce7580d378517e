// Workers whose handlers do not heed their signals, in virtual time: they begin anew, and their slots with them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface QuarryArguments extends WorkerTerms {
  readonly begun: (lease: TaskLease) => void;
}

/** Digs for as long as a task says; a deaf task for as long, whatever happens. */
class QuarryWorker extends TaskWorker<QuarryArguments> {
  static initial = (args: QuarryArguments): QuarryArguments => args;
  protected readonly models = ["quarry"];
  protected readonly handlers: TaskHandlers = {
    dig: async (task, { signal }) => {
      this.state.begun(task);
      const { deaf, ms } = task.parameters;
      await this.ctx.sleep(Number(ms), deaf === true ? undefined : signal);
      return { figures: { fence: task.fence }, files: [] };
    },
  };
}

async function quarry(terms: Partial<QuarryArguments> = {}) {
  const { system, time, log } = createTestSystem();
  const shown: (() => FigureSource)[] = [];
  const store = system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  await time.until(system.started(store));
  const show = (source: () => FigureSource) => void shown.push(source);
  system.spawn(QueueManager, { queues: [], show }, { name: "manager" });
  const queue = await time.until(system.lookup(Queue, "queue"), 10_000);
  const begun: { readonly lease: TaskLease; readonly atMs: number }[] = [];
  const worker = system.spawn(QuarryWorker, {
    ...{ slots: 1, ...terms },
    begun: (lease: TaskLease) => begun.push({ lease, atMs: time.now() }),
  });
  await time.until(system.started(worker));
  const submit = async (how: Partial<TaskSubmission> & { ms?: number; deaf?: boolean }) => {
    const { ms = 10, deaf = false, ...more } = how;
    const task = { type: "dig", model: "quarry", parameters: { ms, deaf }, inputs: [], ...more };
    return (await time.until(queue.submit(task))).taskId;
  };
  const outcome = (taskId: string) =>
    time.until(queue.$.with({ within: 600_000 }).outcome(taskId), 600_000);
  const cancel = async (taskId: string): Promise<void> => {
    await time.until(queue.cancel({ taskId, reason: "enough" }));
  };
  const overdue = (): number | undefined =>
    shown
      .flatMap((source) => source().figures)
      .find(({ name }) => name === "troupe_worker_slots_overdue")?.samples[0]?.value;
  const restarts = (): number =>
    log.filter(({ message }) => /the worker begins anew to/.test(message)).length;
  return { system, time, queue, begun, submit, outcome, cancel, overdue, restarts, log };
}

test("a cancelled task whose handler goes on ends within its grace, and the slot is back", async () => {
  const { begun, cancel, log, outcome, restarts, submit, time } = await quarry();
  const deaf = await submit({ ms: 600_000, deaf: true });
  const next = await submit({});
  await time.advance(100);
  const cancelledAtMs = time.now();
  await cancel(deaf);
  assert.equal((await outcome(deaf)).status, "cancelled");
  assert.equal((await outcome(next)).status, "completed");
  const waitedMs = (begun[1]?.atMs ?? Infinity) - cancelledAtMs;
  assert.ok(waitedMs >= 5_000 && waitedMs < 6_000, `it waited ${waitedMs} ms`);
  assert.deepEqual([begun.length, restarts()], [2, 1]);
  const told = log.filter(({ level, message }) => level === "warn" && message.includes(deaf));
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? "", /the handler of dig was told 5000 ms ago to stop task/);
});

test("what else the worker has in hand ends before it begins anew, and no more is taken", async () => {
  const { begun, cancel, outcome, overdue, queue, restarts, submit, time } = await quarry({
    slots: 3,
  });
  const deaf = await submit({ ms: 600_000, deaf: true });
  const other = await submit({ ms: 20_000 });
  await time.advance(100);
  await cancel(deaf);
  await time.advance(6_000);
  assert.equal((await outcome(deaf)).status, "cancelled");
  assert.deepEqual([overdue(), restarts()], [1, 0]);
  const [load] = await time.until(queue.workers());
  assert.deepEqual([load?.slots, load?.running, load?.overdue], [3, 1, 1]);
  const next = await submit({});
  await time.advance(5_000);
  assert.equal(begun.length, 2);
  const ended = await outcome(other);
  assert.deepEqual([ended.status, ended.attempt], ["completed", 1]);
  assert.equal((await outcome(next)).status, "completed");
  assert.deepEqual([overdue(), restarts()], [0, 1]);
});

test("a handler that returns after its grace, while others work, costs nobody anything", async () => {
  const { begun, cancel, outcome, overdue, restarts, submit, time } = await quarry({ slots: 2 });
  const deaf = await submit({ ms: 8_000, deaf: true });
  const other = await submit({ ms: 30_000 });
  const next = await submit({});
  await time.advance(100);
  const cancelledAtMs = time.now();
  await cancel(deaf);
  assert.equal((await outcome(next)).status, "completed");
  const waitedMs = (begun[2]?.atMs ?? Infinity) - cancelledAtMs;
  assert.ok(waitedMs > 7_000 && waitedMs < 8_100, `it waited ${waitedMs} ms`);
  assert.equal((await outcome(other)).status, "completed");
  assert.equal((await outcome(deaf)).status, "cancelled");
  assert.deepEqual([overdue(), restarts()], [0, 0]);
});

test("an attempt that timed out and goes on is tried again once, by the worker that began anew", async () => {
  const { begun, outcome, queue, restarts, submit, time } = await quarry();
  const taskId = await submit({ ms: 600_000, deaf: true, timeoutMs: 500, maxRetries: 1 });
  assert.equal((await outcome(taskId)).status, "timed_out");
  const view = await time.until(queue.view(taskId));
  assert.deepEqual([view?.attempt, view?.lostLeases], [2, 0]);
  assert.equal(begun.length, 2);
  assert.ok((begun[1]?.atMs ?? 0) - (begun[0]?.atMs ?? 0) < 10_000);
  const next = await submit({});
  assert.equal((await outcome(next)).status, "completed");
  assert.equal(restarts(), 2);
});

test("a task that is cancelled while its worker begins anew ends at once as cancelled", async () => {
  const { begun, cancel, outcome, submit, time } = await quarry({ slots: 2, graceMs: 1_000 });
  const [first, second] = [
    await submit({ ms: 600_000, deaf: true }),
    await submit({ ms: 600_000 }),
  ];
  await time.advance(100);
  await cancel(first);
  await time.advance(990);
  await cancel(second);
  const startMs = time.now();
  assert.equal((await outcome(first)).status, "cancelled");
  assert.equal((await outcome(second)).status, "cancelled");
  assert.ok(time.now() - startMs < 3_000, "nobody waited for the end of a lease");
  assert.equal(begun.length, 2);
});

test("a worker without an end of its patience keeps the slot for as long as the handler goes on", async () => {
  const { begun, cancel, outcome, restarts, submit, time } = await quarry({ graceMs: Infinity });
  const deaf = await submit({ ms: 40_000, deaf: true });
  const next = await submit({});
  await time.advance(100);
  await cancel(deaf);
  assert.equal((await outcome(deaf)).status, "cancelled");
  assert.equal((await outcome(next)).status, "completed");
  assert.ok((begun[1]?.atMs ?? 0) - (begun[0]?.atMs ?? 0) >= 40_000);
  assert.equal(restarts(), 0);
});
