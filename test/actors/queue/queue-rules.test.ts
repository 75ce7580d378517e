// Queues as a topology sets them up: where tasks go, how fast they leave, who waits, and who is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { fillRule, queueSeries, systemChannel } from "#protocols/tasks/queue-monitor.ts";
import { planOf, pngOf, queueBench, submissionOf } from "./queue-bench.ts";

const photo = (width: number, height: number) =>
  submissionOf({
    inputs: [{ name: "image", contentType: "image/png", bytes: pngOf(width, height) }],
  });

test("a task that names no queue goes to the one that fits it, and a worker of that queue runs it", async (context) => {
  const plans = [
    planOf("small", { pixelsMax: 1_000_000 }),
    planOf("large", { class: "cpu-heavy", settings: { queue: "", fairMs: 1_000 } }),
  ];
  const { queue, store, worker } = await queueBench(context, plans);
  const light = await worker("light", { queues: ["default", "small"], slots: 4 });
  const heavy = await worker("heavy", { queues: ["default", "large"], slots: 4 });
  await queue.submit(photo(100, 100));
  await queue.submit(photo(4_000, 3_000));
  assert.equal((await light.next()).queue, "small");
  assert.equal((await heavy.next()).queue, "large");
  await queue.submit({ ...photo(4_000, 3_000), queue: "small" });
  assert.equal((await light.next()).queue, "small", "who names a queue gets it");
  const { queues } = await store.statistics();
  assert.equal(queues.find((one) => one.queue === "large")?.fairMs, 1_000);
});

test("two models ask for different machines, and the same picture goes to different workers", async (context) => {
  const plans = [
    planOf("cards", { class: "gpu" }),
    planOf("small", { class: "cpu-light" }),
    planOf("large", { class: "cpu-heavy" }),
  ];
  const demands = [
    { models: ["network"], classes: ["gpu" as const] },
    { models: ["filter"], classes: ["cpu-light" as const] },
    { models: ["hungry"], classes: ["cpu-heavy" as const], bytesPerPixel: 2_000 },
  ];
  const { queue, worker } = await queueBench(context, plans, demands);
  const models = ["network", "filter", "hungry"];
  const machineOf = (memoryBytes: number) => ({
    ...{ platform: "linux", arch: "x64", cores: 8, memoryBytes, diskBytes: 2 ** 40, gpus: [] },
  });
  const card = await worker("card", { models, queues: ["default", "cards"], slots: 4 });
  const light = await worker("light", { models, queues: ["default", "small"], slots: 4 });
  const heavy = { models, queues: ["default", "large"], slots: 4 };
  const lean = await worker("lean", { ...heavy, machine: machineOf(2 ** 30) });
  const picture = photo(1_200, 1_200);
  const submitted = async (model: string) => (await queue.submit({ ...picture, model })).taskId;
  const network = await submitted("network");
  assert.equal((await card.next()).taskId, network);
  const filter = await submitted("filter");
  assert.equal((await light.next()).taskId, filter);
  // 1.44 megapixels of 2,000 bytes are more than the lean one has, though it serves the queue.
  const hungry = await submitted("hungry");
  assert.equal((await queue.view(hungry))?.queue, "large");
  const ample = await worker("ample", { ...heavy, machine: machineOf(2 ** 33) });
  assert.equal((await ample.next()).taskId, hungry);
  const little = (await queue.submit({ ...photo(400, 400), model: "hungry", queue: "large" }))
    .taskId;
  const [taker] = await Promise.race([
    lean.next().then((lease) => [lease.taskId]),
    ample.next().then((lease) => [lease.taskId]),
  ]);
  assert.equal(taker, little, "a small picture of it fits both");
});

test("a queue that is none is refused by name, with those that there are", async (context) => {
  const { queue, store } = await queueBench(context, [planOf("small")]);
  await assert.rejects(queue.submit(submissionOf({ queue: "smal" })), (error) => {
    assert.match(Failure.of(error).detail, /no queue "smal"; name one of default, small/);
    return Failure.of(error).code === "invalid";
  });
  assert.equal((await store.statistics()).total, 0);
});

test("a repeated submission is the same task, whichever queue would be chosen now", async (context) => {
  const { queue, store, worker } = await queueBench(context, [planOf("a"), planOf("b")]);
  await worker("one", { queues: ["a", "b"], models: ["other"] });
  const keyed = { ...submissionOf(), idempotencyKey: "once" };
  const first = await queue.submit(keyed);
  const again = await queue.submit(keyed);
  assert.deepEqual([again.taskId, again.isReplay], [first.taskId, true]);
  const counts = await store.statistics();
  assert.equal(counts.total, 1);
});

test("equal queues share what comes", async (context) => {
  const { queue, worker } = await queueBench(context, [planOf("a"), planOf("b")]);
  await worker("one", { queues: ["a", "b"], models: ["other"] });
  for (let count = 0; count < 10; count += 1) await queue.submit(submissionOf());
  const { queues } = await queue.statistics();
  const pending = (name: string) => queues.find((one) => one.queue === name)?.pending;
  assert.deepEqual([pending("a"), pending("b")], [5, 5]);
});

test("a queue hands out no faster than its rate, and all in the end, in their order", async (context) => {
  const plan = planOf("slow", { rate: { perSecond: 20, burst: 2 } });
  const { queue, worker, complete } = await queueBench(context, [plan]);
  const one = await worker("one", { queues: ["slow"], slots: 8 });
  const start = performance.now();
  const tasks = await Promise.all(
    Array.from({ length: 6 }, () => queue.submit(submissionOf({ queue: "slow" }))),
  );
  const seen: string[] = [];
  for (const _ of tasks) {
    const lease = await one.next();
    seen.push(lease.taskId);
    await complete("one", lease);
  }
  // Two at once, the other four a twentieth of a second apart.
  assert.ok(performance.now() - start >= 4 * 50 - 5);
  assert.deepEqual(
    seen,
    tasks.map(({ taskId }) => taskId),
  );
});

test("several workers share the rate of a queue", async (context) => {
  const plan = planOf("slow", { rate: { perSecond: 10, burst: 1 } });
  const { queue, worker, complete } = await queueBench(context, [plan]);
  const refs = await Promise.all(
    ["one", "two", "three"].map(async (node) => ({
      ...{ node, ref: await worker(node, { queues: ["slow"], slots: 2 }) },
    })),
  );
  const start = performance.now();
  const ended = Array.from({ length: 4 }, async () => {
    const { taskId } = await queue.submit(submissionOf({ queue: "slow" }));
    return queue.outcome(taskId);
  });
  const open = new AbortController();
  const working = refs.map(async ({ node, ref }) => {
    for (;;) {
      const lease = await ref.$.with({ signal: open.signal, within: 5_000 }).next();
      await complete(node, lease);
    }
  });
  await Promise.all(ended);
  assert.ok(performance.now() - start >= 300 - 5);
  open.abort();
  await Promise.allSettled(working);
});

test("a full queue that blocks lets newcomers wait for room, in their order", async (context) => {
  const plan = planOf("tight", { settings: { queue: "", pendingMax: 1, whenFull: "block" } });
  const { queue, worker, complete } = await queueBench(context, [plan]);
  await queue.submit(submissionOf({ queue: "tight" }));
  const order: string[] = [];
  const submit = async (name: string) => {
    await queue.submit(submissionOf({ queue: "tight", name }));
    order.push(name);
  };
  const waiting = [submit("first")];
  while ((await queue.statistics()).blocked !== 1);
  waiting.push(submit("second"));
  while ((await queue.statistics()).blocked !== 2);
  const one = await worker("one", { queues: ["tight"] });
  for (let count = 0; count < 3; count += 1) await complete("one", await one.next());
  await Promise.all(waiting);
  assert.deepEqual(order, ["first", "second"]);
  assert.equal((await queue.statistics()).blocked, 0);
});

test("whose user has its share waits, and others go ahead", async (context) => {
  const settings = { queue: "", pendingMax: 2, perUserMax: 1, whenFull: "block" } as const;
  const { queue, store, worker } = await queueBench(context, [planOf("tight", { settings })]);
  const of = (userId: string) => submissionOf({ queue: "tight", userId });
  await queue.submit(of("ada"));
  const again = queue.submit(of("ada"));
  while ((await queue.statistics()).blocked !== 1);
  await queue.submit(of("bob"));
  const other = queue.submit(of("cyd"));
  while ((await queue.statistics()).blocked !== 2);
  const { tasks } = await store.list({ userId: "bob", limit: 1 });
  await queue.cancel({ taskId: tasks[0]?.taskId ?? "", reason: "to make room" });
  await other;
  assert.equal((await queue.statistics()).blocked, 1);
  await worker("one", { queues: ["tight"] });
  await again;
});

test("who gives up waiting for room leaves no task and no place", async (context) => {
  const plan = planOf("tight", { settings: { queue: "", pendingMax: 1, whenFull: "block" } });
  const { queue, store } = await queueBench(context, [plan]);
  await queue.submit(submissionOf({ queue: "tight" }));
  await assert.rejects(queue.$.with({ within: 100 }).submit(submissionOf({ queue: "tight" })));
  while ((await queue.statistics()).blocked !== 0);
  assert.equal((await store.statistics()).total, 1);
});

test("a queue that fills up raises one alert, tells the channel system, and ends it when it is empty", async (context) => {
  const plan = planOf("tight", { settings: { queue: "", pendingMax: 10 } });
  const { queue, store, worker, complete } = await queueBench(context, [plan]);
  for (let count = 0; count < 10; count += 1) await queue.submit(submissionOf({ queue: "tight" }));
  const alerts = async () =>
    (await store.openAlerts(10)).filter(({ ruleId }) => ruleId === fillRule);
  while ((await alerts()).length === 0) await queue.statistics();
  const [alert] = await alerts();
  assert.deepEqual([alert?.subject, alert?.severity, alert?.value], ["tight", "critical", 1]);
  const one = await worker("one", { queues: ["tight"], slots: 10 });
  for (let count = 0; count < 10; count += 1) await complete("one", await one.next());
  while ((await alerts()).length > 0) await queue.statistics();
  const page = await store.readEvents({ channel: systemChannel, afterSeq: 0, limit: 10 });
  assert.deepEqual(
    page.events.map(({ type, payload }) => [type, payload.queue, payload.severity]),
    [
      ["system_notification", "tight", "critical"],
      ["system_notification", "tight", null],
    ],
  );
});

test("queues have figures live, and a history that is kept", async (context) => {
  const { queue, store, worker, complete } = await queueBench(context, [planOf("small")]);
  const one = await worker("one", { queues: ["small"] });
  await queue.submit(submissionOf());
  await queue.submit(submissionOf());
  await complete("one", await one.next());
  await one.next();
  const { queues } = await queue.statistics();
  const small = queues.find((view) => view.queue === "small");
  assert.deepEqual([small?.pending, small?.running, small?.completedTotal], [0, 1, 1]);
  assert.ok(small && small.queueMsMean !== null && small.runMsMean !== null);
  assert.ok(small.endedPerSecond > 0 && small.claimedPerSecond > small.endedPerSecond);
  const series = { name: queueSeries.pending, stepMs: 10_000, from: 0, limit: 10 } as const;
  while (!(await store.metricSeries(series)).includes(metricLabelsText({ queue: "small" }))) {
    await queue.statistics();
  }
});

test("a skill whose dependencies the worker lacks does not count, until it has them", async (context) => {
  const { queue, store, worker } = await queueBench(context);
  await store.putSkill({ skill: "detect" });
  await store.putSkill({ skill: "ocr", dependsOn: ["detect"] });
  const half = await worker("half", { skills: ["ocr"] });
  await queue.submit(submissionOf({ requiredSkills: ["ocr"] }));
  await assert.rejects(half.$.with({ within: 200 }).next());
  const whole = await worker("whole", { skills: ["ocr", "detect"] });
  assert.equal((await whole.next()).type, "inpaint");
});
