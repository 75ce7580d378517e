// UPDATE_CONFIG of a queue's rules while the cluster runs: each key by what it does from then on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import type { Machine } from "#protocols/tasks/machine-demand.ts";
import type { QueueConfig } from "#protocols/tasks/queue-config.ts";
import { configuredStage } from "./configured-stage.ts";
import { planOf, pngOf, submissionOf } from "./queue-bench.ts";
import { leaseOf } from "./queue-fixture.ts";

type Stage = Awaited<ReturnType<typeof configuredStage>>;

const codeOf = async (refused: Promise<unknown>): Promise<string> =>
  refused.then(
    () => "none",
    (error: unknown) => Failure.of(error).code,
  );

const picture = (width: number, height: number) => ({
  inputs: [{ name: "image", contentType: "image/png", bytes: pngOf(width, height) }],
});
const image = (bytes: number) => ({
  inputs: [{ name: "blob", contentType: "text/plain", bytes: new Uint8Array(bytes) }],
});
const failure = {
  class: "network",
  code: "unavailable",
  detail: "no line",
  retryable: true,
} as const;

async function gone(at: Stage, taskId: string): Promise<void> {
  while ((await at.queue.view(taskId)) !== null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Who is handed the tasks, by the names that they were given. */
async function handedOrder(at: Stage, ids: Readonly<Record<string, string>>): Promise<string[]> {
  const one = await at.worker({ slots: 1 });
  const order: string[] = [];
  for (const _ of Object.keys(ids)) {
    const lease = await one.next();
    order.push(ids[lease.taskId] ?? "");
    await at.complete("one", lease);
  }
  return order;
}

type Effect = (at: Stage) => Promise<void>;

const effects: Readonly<Record<keyof typeof QueueConfig.properties, Effect>> = {
  async isPaused({ configure, isHandedOne, submit, worker }) {
    await configure({ isPaused: true });
    const one = await worker();
    await submit();
    assert.equal(await isHandedOne(), false);
    await configure({});
    await one.next();
  },
  async pendingMax({ configure, submit }) {
    await configure({ pendingMax: 1 });
    await submit();
    assert.equal(await codeOf(submit()), "queue_full");
    await configure({ pendingMax: 2 });
    await submit();
  },
  async pendingBytesMax({ configure, submit }) {
    await configure({ pendingBytesMax: 1_000 });
    assert.equal(await codeOf(submit(image(2_000))), "too_large");
    await submit(image(500));
    assert.equal(await codeOf(submit(image(600))), "queue_full");
  },
  async perUserMax({ configure, submit }) {
    await configure({ perUserMax: 1 });
    await submit({ userId: "ada" });
    assert.equal(await codeOf(submit({ userId: "ada" })), "queue_full");
    await submit({ userId: "bob" });
  },
  async whenFull({ configure, queue, submit, worker, complete }) {
    await configure({ pendingMax: 1, whenFull: "evict_lowest" });
    const first = await submit({ priority: 5 });
    await submit({ priority: 0 });
    assert.equal((await queue.view(first.taskId))?.status, "evicted");
    await configure({ pendingMax: 1, whenFull: "block" });
    const waiting = submit();
    while ((await queue.statistics()).blocked !== 1);
    const one = await worker({ slots: 1 });
    await complete("one", await one.next());
    await waiting;
  },
  async agingMsPerLevel(at) {
    await at.configure({ agingMsPerLevel: 0 });
    const first = await at.submit({ priority: 9 });
    const second = await at.submit({ priority: 0 });
    const ids = { [first.taskId]: "lazy", [second.taskId]: "urgent" };
    assert.deepEqual(await handedOrder(at, ids), ["lazy", "urgent"], "strictly by arrival");
  },
  async fairMs(at) {
    await at.configure({ fairMs: 60_000 });
    const ids: Record<string, string> = {};
    for (const userId of ["ada", "ada", "ada", "bob"]) {
      ids[(await at.submit({ userId })).taskId] = userId;
    }
    assert.deepEqual((await handedOrder(at, ids)).slice(0, 2), ["ada", "bob"], "they take turns");
  },
  async fairWeights(at) {
    await at.configure({ fairMs: 60_000, fairWeights: { ada: 3 } });
    const ids: Record<string, string> = {};
    for (const userId of ["bob", "bob", "ada", "ada", "ada"]) {
      ids[(await at.submit({ userId })).taskId] = userId;
    }
    const order = await handedOrder(at, ids);
    assert.deepEqual(
      order,
      ["bob", "ada", "ada", "ada", "bob"],
      "three turns of hers to one of his",
    );
  },
  async leaseMs({ configure, submit, worker }) {
    const one = await worker();
    await submit();
    assert.equal((await one.next()).leaseMs, 15_000);
    await configure({ leaseMs: 77_000 });
    await submit();
    assert.equal((await one.next()).leaseMs, 77_000);
  },
  async retry({ configure, queue, submit, worker }) {
    await configure({ retry: { baseMs: 90_000, factor: 1, capMs: 90_000, jitter: "none" } });
    const one = await worker();
    const { taskId } = await submit();
    const lease = leaseOf(await one.next());
    const failed = await queue.fail({ node: "one", lease, failure });
    assert.equal(failed.kind, "retried");
    const { runAt = 0, status } = (await queue.view(taskId)) ?? {};
    assert.equal(status, "scheduled");
    assert.ok(Math.abs(runAt - Date.now() - 90_000) < 5_000);
  },
  async completedTtlMs(at) {
    await at.configure({ completedTtlMs: 1 });
    const one = await at.worker();
    const { taskId } = await at.submit();
    await at.complete("one", await one.next());
    await gone(at, taskId);
  },
  async failedTtlMs(at) {
    await at.configure({ failedTtlMs: 1 });
    const { taskId } = await at.submit();
    await at.queue.cancel({ taskId, reason: "not needed" });
    await gone(at, taskId);
  },
  async keyRequired({ configure, submit }) {
    await configure({ keyRequired: true });
    assert.equal(await codeOf(submit()), "invalid");
    await submit({ idempotencyKey: "once" });
    await configure({ keyRequired: false });
    await submit();
  },
  async rate({ configure, isHandedOne, submit, worker, standing }) {
    await configure({ rate: { perSecond: 0.001 } });
    assert.deepEqual((await standing()).rate, { perSecond: 0.001, burst: 1 });
    const one = await worker();
    for (let count = 0; count < 3; count += 1) await submit();
    await one.next();
    assert.equal(await isHandedOne(), false, "the next one is due in a thousand seconds");
    await configure({ rate: { perSecond: 1_000, burst: 10 } });
    await one.next();
    await one.next();
    await configure({ rate: { perSecond: 0.001 } });
    for (let count = 0; count < 2; count += 1) await submit();
    assert.ok((await standing()).pending >= 1, "the lower rate holds at the next claim");
    assert.equal(await isHandedOne(), false);
    await configure({});
    await one.next();
  },
  async userRate({ configure, isHandedOne, submit, worker }) {
    await configure({ userRate: { perSecond: 0.001 } });
    const one = await worker();
    for (let count = 0; count < 3; count += 1) await submit({ userId: "ada" });
    await one.next();
    assert.equal(await isHandedOne(), false);
    const { taskId } = await submit({ userId: "bob" });
    assert.equal((await one.next()).taskId, taskId);
    await configure({});
    await one.next();
  },
  async machine(at) {
    await at.configure({ machine: { cores: 32 } });
    await at.worker({ machine: machineOf(4) });
    const { taskId } = await at.submit();
    assert.equal(await at.isHandedOne(), false);
    const large = { queues: ["small"], machine: machineOf(64) };
    const other = await at.workerAt("two", large);
    assert.equal((await other.next()).taskId, taskId);
  },
  async types({ configure, submit, queue }) {
    await configure({ types: ["detect-text"] });
    const { taskId } = await queue.submit(submissionOf());
    assert.equal((await queue.view(taskId))?.queue, "default");
    const found = await queue.submit(submissionOf({ type: "detect-text" }));
    assert.equal((await queue.view(found.taskId))?.queue, "small");
    await submit(); // Who names a queue gets it.
  },
  async models({ configure, queue }) {
    await configure({ models: ["lama"] });
    const { taskId } = await queue.submit(submissionOf());
    assert.equal((await queue.view(taskId))?.queue, "default");
    const found = await queue.submit(submissionOf({ model: "lama" }));
    assert.equal((await queue.view(found.taskId))?.queue, "small");
  },
  async pixelsMax({ configure, queue }) {
    await configure({ pixelsMax: 10_000 });
    const { taskId } = await queue.submit(submissionOf(picture(200, 200)));
    assert.equal((await queue.view(taskId))?.queue, "default");
    const found = await queue.submit(submissionOf(picture(100, 100)));
    assert.equal((await queue.view(found.taskId))?.queue, "small");
  },
};

const machineOf = (cores: number): Machine => ({
  ...{ platform: "linux", arch: "x64", cores, memoryBytes: 2 ** 34, diskBytes: 2 ** 36, gpus: [] },
});

for (const [key, effect] of Object.entries(effects)) {
  test(`${key} of a queue has its effect at once`, async (context) =>
    effect(await configuredStage(context)));
}

test("an update outlives the queue manager, which goes by the file in the rest", async (context) => {
  const settings = { queue: "", pendingMax: 50, perUserMax: 6 };
  const plan = planOf("small", { settings, rate: { perSecond: 50, burst: 5 } });
  const { configure, standing, store, begunAnew } = await configuredStage(context, [plan]);
  const seen = async () => {
    const { pendingMax, perUserMax, rate, machine } = await standing();
    return [pendingMax, perUserMax, rate?.perSecond, machine.cores];
  };
  assert.deepEqual(await seen(), [50, 6, 50, undefined]);
  await configure({ pendingMax: 7, rate: { perSecond: 3 }, machine: { cores: 2 } });
  assert.deepEqual(await seen(), [7, 6, 3, 2]);
  // So that it shows when the successor has set the queue up.
  await store.setQueue({ queue: "small", pendingMax: 33, perUserMax: 3 });
  await begunAnew();
  assert.deepEqual(await seen(), [7, 6, 3, 2]);
  await configure({ perUserMax: 9 });
  assert.deepEqual(await seen(), [50, 9, 50, undefined], "what is not said is as in the file");
});

test("a change that cannot be with what the file says is refused, naming both", async (context) => {
  const settings = { queue: "", pendingMax: 60, perUserMax: 50 };
  const { configure, standing, update, store } = await configuredStage(context, [
    planOf("small", { settings }),
  ]);
  for (const [config, text] of [
    [{ pendingMax: 10 }, /perUserMax of the topology's file one user may have 50 .* queue 10;/],
    [{ perUserMax: 61 }, /pendingMax of the topology's file one user may have 61 .* queue 60;/],
  ] as const) {
    const { status, error } = await update(config);
    assert.deepEqual([status, error?.code], ["failed", "invalid"]);
    assert.match(error?.detail ?? "", text);
  }
  assert.deepEqual(await store.configHistory({ layer: "queue", scope: "small", limit: 9 }), []);
  await configure({ pendingMax: 10, perUserMax: 10 });
  // Against the file, not against what is active.
  await configure({ perUserMax: 60 });
  const { pendingMax, perUserMax } = await standing();
  assert.deepEqual([pendingMax, perUserMax], [60, 60]);
});

test("a queue that no file sets up is configured too, and what is not said is as at first", async (context) => {
  const { configure, standing, begunAnew } = await configuredStage(context, []);
  await configure({ pendingMax: 7, rate: { perSecond: 2 } }, "default");
  await begunAnew();
  const { pendingMax, rate, class: of } = await standing("default");
  assert.deepEqual([pendingMax, rate, of], [7, { perSecond: 2, burst: 1 }, null]);
  await configure({}, "default");
  const after = await standing("default");
  assert.deepEqual([after.pendingMax, after.rate], [10_000, null]);
});
