// What a claim is told of its worker: the machine under it, what it runs together, and the rates of users.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemChannel, unrunnableRule } from "#protocols/tasks/queue-monitor.ts";
import { planOf, pngOf, queueBench, submissionOf } from "./queue-bench.ts";

const GiB = 1024 ** 3;
const small = {
  ...{ platform: "linux", arch: "x64", cores: 2, memoryBytes: 4 * GiB, diskBytes: GiB },
  gpus: [],
};
const large = { ...small, cores: 16, memoryBytes: 64 * GiB, gpus: [{ memoryBytes: 24 * GiB }] };
const picture = (side: number) => [
  { name: "image", contentType: "image/png", bytes: pngOf(side, side) },
];

test("a task goes to a machine that can hold it, and other tasks pass it by", async (context) => {
  const { queue, worker, complete } = await queueBench(context);
  const one = await worker("small", { machine: small });
  await queue.submit(submissionOf({ name: "huge", machine: { gpuMemoryBytes: 16 * GiB } }));
  const plain = await queue.submit(submissionOf());
  const lease = await one.next();
  assert.equal(lease.taskId, plain.taskId);
  await complete("small", lease);
  const big = await worker("large", { machine: large });
  assert.equal((await big.next()).attempt, 1);
});

test("what the pictures of a task take in memory counts, and what its queue demands", async (context) => {
  const plans = [
    planOf("any"),
    planOf("gpus", { class: "gpu", machine: { gpuMemoryBytes: 8 * GiB } }),
  ];
  const { queue, worker } = await queueBench(context, plans);
  const queues = ["default", "any", "gpus"];
  const tiny = await worker("tiny", { queues, machine: { ...small, memoryBytes: GiB / 4 } });
  const first = await queue.submit(submissionOf({ queue: "any", inputs: picture(4_200) }));
  const second = await queue.submit(submissionOf({ queue: "gpus", inputs: picture(10) }));
  const third = await queue.submit(submissionOf({ queue: "any", inputs: picture(10) }));
  assert.equal((await tiny.next()).taskId, third.taskId);
  const usual = await worker("usual", { queues, machine: small });
  assert.equal((await usual.next()).taskId, first.taskId);
  const big = await worker("large", { queues, machine: large });
  assert.equal((await big.next()).taskId, second.taskId);
});

test("a task that nobody can run shows with what is missing, and is not shown when somebody can", async (context) => {
  const { queue, worker } = await queueBench(context);
  await worker("small", { machine: small, skills: ["ocr"] });
  const wanted = { machine: { cores: 8, gpuMemoryBytes: 0 }, requiredSkills: ["ocr"] };
  const { taskId } = await queue.submit(submissionOf(wanted));
  const [kind, ...others] = (await queue.statistics()).unrunnable;
  assert.deepEqual(others, []);
  assert.deepEqual([kind?.taskId, kind?.queue, kind?.model], [taskId, "default", "diffuse"]);
  assert.deepEqual(kind?.lacks, ["small: it has 2 cores, wanted are 8", "small: it has no GPU"]);
  const big = await worker("large", { machine: large, skills: ["ocr"] });
  assert.equal((await big.next()).taskId, taskId);
  assert.deepEqual((await queue.statistics()).unrunnable, []);
});

test("work that nobody can run gives one alert, which ends with it", {
  timeout: 40_000,
}, async (context) => {
  const { queue, store } = await queueBench(context);
  const { taskId } = await queue.submit(submissionOf({ model: "nobody-has-it" }));
  const alerts = async () =>
    (await store.openAlerts(10)).filter(({ ruleId }) => ruleId === unrunnableRule);
  while ((await alerts()).length === 0) await queue.statistics();
  const [alert] = await alerts();
  assert.deepEqual([alert?.subject, alert?.severity], ["default", "warning"]);
  await queue.cancel({ taskId, reason: "nobody can run it" });
  while ((await alerts()).length > 0) await queue.statistics();
  const page = await store.readEvents({ channel: systemChannel, afterSeq: 0, limit: 10 });
  assert.match(String(page.events[0]?.payload.text), /no worker serves the queue default; add/);
});

test("each user's tasks leave at their own pace, also over a restart of the queue", async (context) => {
  const plan = planOf("shared", { userRate: { perSecond: 0.01, burst: 1 } });
  const { queue, store, successor, worker } = await queueBench(context, [plan]);
  const of = (userId: string) => queue.submit(submissionOf({ queue: "shared", userId }));
  const one = await worker("one", { queues: ["shared"], slots: 8 });
  const ann = await of("ann");
  await of("ann");
  const bob = await of("bob");
  const handed = [(await one.next()).taskId, (await one.next()).taskId];
  assert.deepEqual(handed.sort(), [ann.taskId, bob.taskId].sort());
  const next = await successor();
  const two = await worker("two", { to: next, queues: ["shared"], slots: 8 });
  const cyd = await next.submit(submissionOf({ queue: "shared", userId: "cyd" }));
  assert.equal((await two.next()).taskId, cyd.taskId);
  assert.equal((await store.counts("shared")).pending, 1, "ann's second one still waits");
});

test("held back by a user's rate, a task is handed out when its moment has come", async (context) => {
  const plan = planOf("shared", { userRate: { perSecond: 10, burst: 1 } });
  const { queue, worker } = await queueBench(context, [plan]);
  const one = await worker("one", { queues: ["shared"], slots: 8 });
  const start = performance.now();
  for (let count = 0; count < 4; count += 1) {
    await queue.submit(submissionOf({ queue: "shared", userId: "ann" }));
  }
  for (let count = 0; count < 4; count += 1) await one.next();
  const tookMs = performance.now() - start;
  assert.ok(tookMs >= 300 - 5 && tookMs < 900, `${tookMs} ms, no sweep was waited for`);
});

test("a worker that batches gets pictures of about one size together, and then the next", async (context) => {
  const { queue, worker, complete } = await queueBench(context);
  await worker("offers first", { models: ["other"], batchMax: 4 });
  const sides = [100, 900, 100, 900, 100, 900];
  for (const side of sides) await queue.submit(submissionOf({ inputs: picture(side) }));
  const one = await worker("one", { slots: 3, batchMax: 3 });
  const batch = async () => [await one.next(), await one.next(), await one.next()];
  const first = await batch();
  const keys = new Set(first.map(({ batchKey }) => batchKey));
  assert.deepEqual([...keys], ["up to 16384 pixels"]);
  await Promise.all(first.map((lease) => complete("one", lease)));
  const second = await batch();
  assert.deepEqual([...new Set(second.map(({ batchKey }) => batchKey))], ["up to 1048576 pixels"]);
});
