// What becomes due between two regular sweeps is seen when it is due: in virtual time, a few milliseconds later.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { type TaskHandlers, TaskWorker, type WorkerTerms } from "#runtime/index.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";

/** Longer than all that is due here, shorter than the time between two sweeps. */
const runMs = 700;
const lateMsMax = 30;

class IdlerActor extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => args;

  protected readonly handlers: TaskHandlers = {
    idle: async (_, { signal }) => {
      await this.ctx.sleep(runMs, signal);
      return { figures: {}, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["idler"];
  }
}

async function idlers() {
  const { system, time } = createTestSystem();
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
  system.spawn(IdlerActor, { slots: 1 });
  const queue = await time.until(system.lookup(Queue, "queue"), 10_000);
  /** How a task ended, and after how long; begun away from the regular sweeps. */
  const ended = async ({ inMs, ...terms }: Partial<TaskSubmission> & { inMs?: number }) => {
    await time.advance(10_250 - (time.now() % 1_000));
    const runAt = inMs === undefined ? {} : { runAt: time.wall() + inMs };
    const order = { type: "idle", model: "idler", parameters: {}, inputs: [], ...runAt, ...terms };
    const from = time.now();
    const { taskId } = await time.until(queue.submit(order));
    const { status } = await time.until(queue.outcome(taskId));
    return { status, afterMs: time.now() - from };
  };
  return ended;
}

const isWithin = (afterMs: number, dueMs: number): boolean =>
  afterMs >= dueMs && afterMs <= dueMs + lateMsMax;

test("a task that is not done by its deadline ends at its deadline", async () => {
  const ended = await idlers();
  const { status, afterMs } = await ended({ deadlineMs: 100 });
  assert.equal(status, "timed_out");
  assert.ok(isWithin(afterMs, 100), `after ${afterMs} ms`);
});

test("an attempt that takes too long ends when its time is over", async () => {
  const ended = await idlers();
  const { status, afterMs } = await ended({ timeoutMs: 150, maxRetries: 0 });
  assert.equal(status, "timed_out");
  assert.ok(isWithin(afterMs, 150), `after ${afterMs} ms`);
});

test("a task that nobody begins in time ends when that is over", async () => {
  const ended = await idlers();
  const { status, afterMs } = await ended({ model: "nobody's", queueDeadlineMs: 120 });
  assert.equal(status, "timed_out");
  assert.ok(isWithin(afterMs, 120), `after ${afterMs} ms`);
});

test("a task for later begins when it may", async () => {
  const ended = await idlers();
  const { status, afterMs } = await ended({ inMs: 200 });
  assert.equal(status, "completed");
  assert.ok(isWithin(afterMs, 200 + runMs), `after ${afterMs} ms`);
});
