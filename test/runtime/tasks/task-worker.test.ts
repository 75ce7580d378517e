import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import { reply } from "#runtime/core/reply.ts";
import type { TaskHandlers, TaskInHand } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface OvenArguments extends WorkerTerms {
  /** Heard by the test. */
  readonly seen: (task: TaskLease, inHand: TaskInHand) => void;
}

class OvenWorker extends TaskWorker<OvenArguments> {
  static initial = (args: OvenArguments): OvenArguments => args;
  protected readonly handlers: TaskHandlers = {
    bake: async (task, inHand) => {
      this.state.seen(task, inHand);
      await this.ctx.sleep(Number(task.parameters["ms"] ?? 0), inHand.signal);
      return { figures: { fence: task.fence }, files: [] };
    },
    burn: (task) => {
      throw new Failure("model_failed", `${task.taskId} is burnt`);
    },
    leave: (task, inHand) => {
      this.state.seen(task, inHand);
      throw AbortSignal.abort().reason;
    },
    weigh: ({ parameters }) => {
      const bytes = new Uint8Array(1);
      const files = Array.from({ length: 9 }, () => ({ name: "a", contentType: "b", bytes }));
      const isMany = parameters["what"] === "files";
      return { figures: isMany ? {} : { weight: Number.NaN }, files: isMany ? files : [] };
    },
    odd: ({ parameters }) => {
      throw Object.assign(new Error("odd"), { code: parameters["code"] });
    },
  };
  protected get models(): readonly string[] {
    return ["oven"];
  }
}

const loaf = (type: string, ms = 0, more: Partial<TaskSubmission> = {}): TaskSubmission => ({
  ...{ type, model: "oven", parameters: { ms }, inputs: [] },
  ...more,
});

test("a worker says what it offers, and starts only with models that its topology says", async () => {
  const { log, system, time } = createTestSystem();
  const seen = () => undefined;
  const terms = { slots: 2, tags: ["near"], skills: ["bake", { skill: "bake", level: 0.5 }], seen };
  const oven = system.spawn(OvenWorker, { ...terms, modelsStated: ["oven", "grill"] });
  await time.until(system.started(oven));
  assert.deepEqual(await time.until(oven.served()), {
    ...{ models: ["oven"], tags: ["near"], slots: 2 },
    skills: [{ skill: "bake", level: 1, verifiedAt: null }],
  });
  system.spawn(OvenWorker, { ...terms, modelsStated: ["ofen"] });
  await time.advance(1_000);
  const said = JSON.stringify(log.filter(({ level }) => level !== "info"));
  assert.match(said, /crashed in start: this worker serves oven, its topology says ofen: add oven/);
});

async function bakery(leaseMs = 15_000, terms: Partial<OvenArguments> = {}) {
  const { log, system, time } = createTestSystem();
  const store = system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  await time.until(system.started(store));
  const settings = [{ queue: "default", leaseMs }];
  const manager = system.spawn(QueueManager, { queues: [], settings }, { name: "manager" });
  await time.until(system.started(manager));
  const queue = await time.until(system.lookup(Queue, "queue"));
  const seen: { readonly task: TaskLease; readonly inHand: TaskInHand }[] = [];
  const oven = system.spawn(OvenWorker, {
    ...{ slots: 2, ...terms },
    seen: (task: TaskLease, inHand: TaskInHand) => seen.push({ task, inHand }),
  });
  await time.until(system.started(oven));
  const submitted = async (submission: TaskSubmission): Promise<string> =>
    (await time.until(queue.submit(submission))).taskId;
  const outcome = (taskId: string) =>
    time.until(queue.$.with({ within: 600_000 }).outcome(taskId), 600_000);
  return { log, system, time, store, manager, queue, oven, seen, submitted, outcome };
}

test("a task goes to the handler of its type, and what that returns is committed", async () => {
  const { outcome, submitted } = await bakery();
  const ended = await outcome(await submitted(loaf("bake", 500)));
  assert.ok(ended.status === "completed");
  assert.ok(Number(ended.result.figures["fence"]) >= 1);
});

test("a worker that says how many it runs together is handed tasks of one key side by side", async () => {
  const { outcome, queue, seen, submitted } = await bakery(15_000, { batchMax: 2, slots: 2 });
  // Both slots are taken, so that all that follow wait.
  const busy = [await submitted(loaf("bake", 500)), await submitted(loaf("bake", 500))];
  const keys = ["rye", "oat", "rye", "oat"];
  const waiting: string[] = [];
  for (const batchKey of keys) waiting.push(await submitted(loaf("bake", 10, { batchKey })));
  for (const taskId of [...busy, ...waiting]) await outcome(taskId);
  assert.deepEqual(
    seen.slice(2).map(({ task }) => task.batchKey),
    ["rye", "rye", "oat", "oat"],
  );
  assert.equal((await queue.workers())[0]?.running, 0);
});

test("a handler's failure fails the attempt with its code, and a type without a handler is invalid", async () => {
  const { outcome, submitted } = await bakery();
  const burnt = await outcome(await submitted(loaf("burn", 0, { maxRetries: 0 })));
  assert.ok(burnt.status === "failed");
  assert.equal(burnt.code, "model_failed");
  for (const type of ["fry", "constructor", "toString"]) {
    const ended = await outcome(await submitted(loaf(type)));
    assert.ok(ended.status === "failed");
    assert.equal(ended.code, "invalid");
    assert.match(ended.detail, /handles bake, burn, leave/);
  }
});

test("a failure that the store refuses as invalid ends its attempt as internal", async ({
  mock,
}) => {
  const { fail } = QueueManager.prototype;
  const heard: string[] = [];
  mock.method(
    QueueManager.prototype,
    "fail",
    function (this: QueueManager, report: Parameters<typeof fail>[0]) {
      heard.push(report.failure.class);
      if (report.failure.class === "model") throw reply(new Failure("invalid", "no such class"));
      return fail.call(this, report);
    },
  );
  const { outcome, submitted } = await bakery();
  const ended = await outcome(await submitted(loaf("burn", 0, { maxRetries: 0 })));
  assert.ok(ended.status === "failed");
  assert.equal(ended.code, "internal");
  assert.match(ended.detail, /cannot be kept \(no such class\): .* is burnt/);
  assert.deepEqual(heard, ["model", "internal"]);
});

for (const [what, told] of [
  ["figures", /result cannot be kept: .*\/result\/figures\/weight is NaN; it may be .* finite/],
  ["files", /result cannot be kept: .*\/result\/files/],
] as const) {
  test(`a result whose ${what} cannot be kept is its handler's mistake, and told in its log`, async () => {
    const { log, outcome, submitted } = await bakery();
    const ended = await outcome(
      await submitted(loaf("weigh", 0, { maxRetries: 0, parameters: { what } })),
    );
    assert.ok(ended.status === "failed");
    assert.equal(ended.code, "internal");
    assert.match(ended.detail, told);
    const warned = log.filter(({ level }) => level === "warn").map(({ message }) => message);
    assert.equal(warned.filter((message) => told.test(message)).length, 1, warned.join("\n"));
  });
}

for (const code of ["constructor", "toString", "__proto__"]) {
  test(`an error whose code is ${code} ends its task, and the next is taken`, async () => {
    const { outcome, submitted } = await bakery(15_000, { slots: 1 });
    const ended = await outcome(
      await submitted(loaf("odd", 0, { maxRetries: 0, parameters: { code } })),
    );
    assert.equal(ended.status, "failed");
    assert.equal((await outcome(await submitted(loaf("bake")))).status, "completed");
  });
}

test("no more tasks are in hand than there are slots", async () => {
  const { outcome, seen, submitted, time } = await bakery();
  const ids: string[] = [];
  for (let index = 0; index < 3; index += 1) ids.push(await submitted(loaf("bake", 1_000)));
  await time.advance(500);
  assert.equal(seen.length, 2);
  for (const taskId of ids) assert.equal((await outcome(taskId)).status, "completed");
});

for (const leaseMs of [15_000, 2_000]) {
  test(`a lease of ${leaseMs} ms is renewed as long as the work takes`, async () => {
    const { outcome, seen, submitted } = await bakery(leaseMs);
    const ended = await outcome(await submitted(loaf("bake", 60_000)));
    assert.equal(ended.status, "completed");
    assert.equal(ended.attempt, 1);
    assert.equal(seen.length, 1);
  });

  test(`who cannot renew a lease of ${leaseMs} ms stops before it has ended`, async () => {
    const { manager, seen, submitted, system, time } = await bakery(leaseMs);
    await submitted(loaf("bake", 600_000));
    await time.advance(leaseMs);
    await time.until(system.stopActor(manager), 60_000);
    await time.advance(leaseMs);
    assert.equal(seen[0]?.inHand.signal.aborted, true);
  });
}

test("a cancelled task's handler is told by its signal", async () => {
  const { outcome, queue, seen, submitted, time } = await bakery();
  const taskId = await submitted(loaf("bake", 600_000));
  await time.advance(100);
  await time.until(queue.cancel({ taskId, reason: "not hungry" }));
  assert.equal((await outcome(taskId)).status, "cancelled");
  assert.equal(seen[0]?.inHand.signal.aborted, true);
});

test("a handler that breaks off by itself has failed: nobody has cancelled its task", async () => {
  const { outcome, seen, submitted } = await bakery();
  const retry = { baseMs: 10, factor: 1, capMs: 10, jitter: "none" } as const;
  const taskId = await submitted(loaf("leave", 0, { retry }));
  const ended = await outcome(taskId);
  assert.ok(ended.status === "failed");
  assert.equal(ended.code, "internal");
  assert.match(ended.detail, /aborted/);
  assert.equal(seen.length, 2);
});

test("a worker that ends aborts what it has in hand; the next goes on from the checkpoint", async () => {
  const { oven, outcome, queue, seen, submitted, system, time } = await bakery();
  const taskId = await submitted(loaf("bake", 20_000));
  await time.advance(100);
  assert.throws(() => seen[0]?.inHand.progress(1.5), { code: "invalid" });
  seen[0]?.inHand.progress(0.25);
  seen[0]?.inHand.progress(0.5, { message: "brown", checkpoint: Buffer.from("half") });
  await time.advance(3_000);
  const view = await time.until(queue.view(taskId));
  assert.deepEqual([view?.progress, view?.progressMessage], [0.5, "brown"]);
  await time.until(system.stopActor(oven), 60_000);
  assert.equal(seen[0]?.inHand.signal.aborted, true);
  const next = system.spawn(OvenWorker, {
    slots: 1,
    seen: (task: TaskLease, inHand: TaskInHand) => seen.push({ task, inHand }),
  });
  await time.until(system.started(next));
  const ended = await outcome(taskId);
  assert.deepEqual([ended.status, ended.attempt], ["completed", 2]);
  assert.equal(Buffer.from(seen[1]?.task.checkpoint ?? []).toString(), "half");
  assert.ok((seen[1]?.task.fence ?? 0) > (seen[0]?.task.fence ?? 0));
});

test("a report that comes too early for the store is told again", async () => {
  const { queue, seen, submitted, system, time } = await bakery();
  const taskId = await submitted(loaf("bake", 600_000));
  await time.advance(100);
  const task = seen[0]?.task;
  assert.ok(task);
  const store = await time.until(system.lookup(Store, "store"));
  const lease = { taskId, fence: task.fence, epoch: task.epoch };
  await time.until(store.progress({ lease, progress: 0.1, message: "by another way" }));
  seen[0]?.inHand.progress(0.5, { message: "brown" });
  await time.advance(3_000);
  const view = await time.until(queue.view(taskId));
  assert.deepEqual([view?.progress, view?.progressMessage], [0.5, "brown"]);
});

test("progress of a lease that another has taken over aborts the handler", async () => {
  const { seen, submitted, system, time } = await bakery();
  await submitted(loaf("bake", 600_000));
  await time.advance(100);
  const store = await time.until(system.lookup(Store, "store"));
  const node = system.node.name;
  await time.until(store.releaseNode({ node, except: [] }));
  seen[0]?.inHand.progress(0.5);
  await time.advance(100);
  assert.equal(seen[0]?.inHand.signal.aborted, true);
});

test("a worker that serves another model from now on is handed the tasks that wait for it", async () => {
  class FieldKitchen extends OvenWorker {
    #models: readonly string[] = [];
    protected override get models(): readonly string[] {
      return this.#models;
    }
    protected override opened(): void {
      this.ctx.after(60_000, "offerAgain");
      this.ctx.sleep(59_000).then(() => {
        this.#models = ["oven"];
      });
    }
  }
  const { system, time } = createTestSystem();
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  system.spawn(QueueManager, { queues: [] }, { name: "manager" });
  const queue = await time.until(system.lookup(Queue, "queue"), 10_000);
  system.spawn(FieldKitchen, { slots: 1, seen: () => undefined });
  const { taskId } = await time.until(queue.submit(loaf("bake")));
  await time.advance(50_000);
  assert.equal((await time.until(queue.view(taskId)))?.status, "pending");
  await time.advance(15_000);
  assert.equal((await time.until(queue.view(taskId)))?.status, "completed");
});
