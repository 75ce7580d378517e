// What a task of steps is told of its times and of its place holds for all its steps together, in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { stepsModel, stepsType } from "#protocols/tasks/steps.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { type TaskHandlers, TaskWorker, type WorkerTerms } from "#runtime/index.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";
import { planOf } from "../queue-bench.ts";

const lateMsMax = 50;

class SleeperActor extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => args;

  protected readonly handlers: TaskHandlers = {
    sleep: async ({ parameters }, { signal }) => {
      await this.ctx.sleep(Number(parameters.ms), signal);
      return { figures: {}, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["sleeper"];
  }
}

const sleep = (name: string, ms: number, terms = {}) => ({
  ...{ name, type: "sleep", model: "sleeper", queue: "open", parameters: { ms } },
  ...terms,
});
const ask = {
  ...{ name: "ask", type: "confirm" },
  confirm: { question: "On?", userId: "ada", expiresMs: 3_600_000, onTimeout: "reject" },
};

const whole = (steps: readonly object[], terms: Partial<TaskSubmission>): TaskSubmission => ({
  ...{ type: stepsType, model: stepsModel, inputs: [], ...terms },
  parameters: { steps: JSON.stringify(steps) },
});

const narrow = { pendingMax: 1, whenFull: "evict_lowest", isPaused: true } as const;

/** One worker, a queue that it serves, one that is paused, and one with room for one task. */
async function sleepers() {
  const { system, time } = createTestSystem();
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const shut = planOf("shut", { settings: { queue: "shut", isPaused: true } });
  const queues = [planOf("open"), shut, planOf("narrow", { settings: { queue: "", ...narrow } })];
  system.spawn(QueueManager, { queues }, { name: "queue-manager" });
  system.spawn(ConfirmationsActor, { name: "confirmations" });
  system.spawn(SleeperActor, { slots: 1, queues: ["open", "shut", "narrow"] });
  const store = await time.until(system.lookup(Store, "store"), 10_000);
  const queue = await time.until(system.lookup(Queue, "queue"), 10_000);
  const people = await time.until(system.lookup(Confirmations, confirmationsName), 10_000);
  await time.advance(2_000);
  const submitted = async (submission: TaskSubmission): Promise<string> =>
    (await time.until(queue.submit(submission))).taskId;
  /** How it ended, and after how long. */
  const ended = async (taskId: string) => {
    const from = time.now();
    const { status, attempt } = await time.until(queue.outcome(taskId));
    return { status, attempt, afterMs: time.now() - from };
  };
  const statusesOf = async (taskId: string) => {
    const { tasks } = await time.until(store.list({ parentId: taskId, limit: 10 }));
    return tasks.map(({ status }) => status);
  };
  return { time, store, queue, people, submitted, ended, statusesOf };
}

function isAt(afterMs: number, dueMs: number): void {
  const isInTime = afterMs >= dueMs && afterMs <= dueMs + lateMsMax;
  assert.ok(isInTime, `after ${afterMs} ms instead of ${dueMs}`);
}

test("the time of a task of steps is of all of them together, however often it may be tried", async () => {
  const { time, submitted, ended, statusesOf } = await sleepers();
  const steps = [sleep("a", 4_000), sleep("b", 4_000, { after: ["a"] })];
  const taskId = await submitted(whole(steps, { timeoutMs: 5_000 }));
  const { status, attempt, afterMs } = await ended(taskId);
  assert.deepEqual([status, attempt], ["timed_out", 1]);
  isAt(afterMs, 5_000);
  await time.advance(10_000);
  assert.deepEqual(await statusesOf(taskId), ["completed", "cancelled"]);
});

test("one step that takes too long is given up with its task", async () => {
  const { time, submitted, ended, statusesOf } = await sleepers();
  const taskId = await submitted(whole([sleep("a", 60_000)], { timeoutMs: 2_000, maxRetries: 3 }));
  const { status, attempt, afterMs } = await ended(taskId);
  assert.deepEqual([status, attempt], ["timed_out", 1]);
  isAt(afterMs, 2_000);
  await time.advance(20_000);
  assert.deepEqual(await statusesOf(taskId), ["cancelled"]);
  const next = await submitted(whole([sleep("a", 100)], {}));
  assert.equal((await ended(next)).status, "completed", "the slot is free again");
});

test("a task of which no step is begun in time is timed out", async () => {
  const { submitted, ended, statusesOf } = await sleepers();
  const terms = { queueDeadlineMs: 2_000 };
  const taskId = await submitted(whole([sleep("a", 10, { queue: "shut" })], terms));
  const { status, afterMs } = await ended(taskId);
  assert.equal(status, "timed_out");
  isAt(afterMs, 2_000);
  assert.deepEqual(await statusesOf(taskId), ["cancelled"]);
});

test("of steps beside one another one that is begun in time is enough", async () => {
  const { submitted, ended } = await sleepers();
  const steps = [sleep("a", 3_000), sleep("b", 3_000), sleep("c", 10, { after: ["a", "b"] })];
  const taskId = await submitted(whole(steps, { queueDeadlineMs: 1_000 }));
  const { status, attempt } = await ended(taskId);
  assert.deepEqual([status, attempt], ["completed", 1]);
});

test("while a person is asked no time of the task is over, and then it has all of it", async () => {
  const { time, queue, people, submitted, ended } = await sleepers();
  const terms = { queueDeadlineMs: 1_000, timeoutMs: 3_000 };
  const taskId = await submitted(whole([ask, sleep("a", 2_000, { after: ["ask"] })], terms));
  await time.advance(60_000);
  assert.equal((await time.until(queue.view(taskId)))?.status, "waiting_confirmation");
  const [open] = await time.until(people.open({ userId: "ada", limit: 1 }));
  const { callbackId } = open ?? assert.fail("somebody is asked");
  const answer = { userId: "ada", decision: "proceed", feedback: null } as const;
  await time.until(people.answer({ ...answer, callbackId }));
  assert.equal((await ended(taskId)).status, "completed");
});

for (const [isEvictable, expected] of [
  [false, "running"],
  [true, "failed"],
] as const) {
  const place = isEvictable ? "gives way" : "keeps its place";
  test(`a step of a task that is ${isEvictable ? "" : "not "}evictable ${place}`, async () => {
    const { time, queue, submitted } = await sleepers();
    const steps = [sleep("a", 10, { queue: "narrow" })];
    const taskId = await submitted(whole(steps, { priority: 9, isEvictable }));
    await time.advance(1_000);
    const urgent = { type: "sleep", model: "sleeper", queue: "narrow", priority: 0 };
    const newcomer = queue.submit({ ...urgent, parameters: { ms: 10 }, inputs: [] });
    const got = await time.until(
      newcomer.then(
        () => "taken",
        (error: unknown) => Failure.of(error).code,
      ),
    );
    assert.equal(got, isEvictable ? "taken" : "queue_full");
    await time.advance(1_000);
    assert.equal((await time.until(queue.view(taskId)))?.status, expected);
  });
}
