import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { stepsModel, stepsNode, stepsType } from "#protocols/tasks/steps.ts";
import { queueBench, submissionOf, textFile, textOf } from "../queue-bench.ts";
import { leaseOf } from "../queue-fixture.ts";

const stepsTask = (steps: readonly object[], inputs = [textFile("image", "picture")]) =>
  submissionOf({
    ...{ type: stepsType, model: stepsModel, inputs, userId: "ada", priority: 1 },
    parameters: { steps: JSON.stringify(steps) },
  });

const findAndFill = [
  { name: "find", type: "detect-text", model: "finder" },
  {
    ...{ name: "fill", type: "inpaint", model: "diffuse", parameters: { strength: 3 } },
    inputs: [{ name: "image" }, { name: "mask", from: "find" }],
  },
];

test("a pipeline hands the files of one step to the next, and ends with the last", async (context) => {
  const { queue, store, worker, complete } = await queueBench(context);
  const finder = await worker("finder", { models: ["finder"] });
  const filler = await worker("filler");
  const { taskId } = await queue.submit(stepsTask(findAndFill));
  const found = await finder.next();
  assert.deepEqual([found.type, textOf(found.inputs, "image")], ["detect-text", "picture"]);
  await complete("finder", found, [textFile("mask", "where the text is")]);
  const filling = await filler.next();
  let halfway = await queue.view(taskId);
  // It is told beside the next step, and not before it.
  for (let tries = 0; halfway?.progress === null && tries < 100; tries++) {
    halfway = await queue.view(taskId);
  }
  assert.deepEqual(
    [halfway?.progress, halfway?.progressMessage],
    [0.5, "1 of 2 steps are done, the last was find"],
  );
  assert.equal(textOf(filling.inputs, "mask"), "where the text is");
  assert.deepEqual(filling.parameters, { strength: 3 });
  await complete("filler", filling, [textFile("image", "picture without text")]);
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "completed");
  assert.equal(textOf(outcome.result.files, "image"), "picture without text");
  const done = await queue.view(taskId);
  assert.deepEqual(
    [done?.progress, done?.progressMessage],
    [1, "2 of 2 steps are done, the last was fill"],
  );
  const { tasks } = await store.list({ parentId: taskId, limit: 10 });
  assert.deepEqual(
    tasks.map(({ name, userId, priority, status }) => [name, userId, priority, status]),
    [
      ["steps: find", "ada", 1, "completed"],
      ["steps: fill", "ada", 1, "completed"],
    ],
  );
  const { workers } = await queue.statistics();
  assert.deepEqual(workers.map(({ node }) => node).sort(), ["filler", "finder"]);
});

test("a batch runs its steps beside one another, and ends when all have", async (context) => {
  const { queue, worker, complete } = await queueBench(context);
  const one = await worker("one", { slots: 3 });
  const step = (name: string) => ({
    ...{ name, type: "inpaint", model: "diffuse" },
    inputs: [{ name: "image", file: name }],
  });
  const pictures = ["a", "b", "c"];
  const inputs = pictures.map((name) => textFile(name, `picture ${name}`));
  const { taskId } = await queue.submit(stepsTask(pictures.map(step), inputs));
  const leases = [await one.next(), await one.next(), await one.next()];
  for (const lease of leases.reverse()) {
    await complete("one", lease, [textFile("image", `done: ${textOf(lease.inputs, "image")}`)]);
  }
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "completed");
  for (const name of pictures) {
    assert.equal(textOf(outcome.result.files, `${name}.image`), `done: picture ${name}`);
  }
});

test("any number of steps wait beside one another, and Node.js sees no leak in it", async (context) => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  context.after(() => process.off("warning", warned));
  const { queue, worker, complete } = await queueBench(context);
  const one = await worker("one", { models: ["finder"], slots: 20 });
  const steps = Array.from({ length: 20 }, (_, index) => ({
    ...{ name: `s${index}`, type: "detect-text", model: "finder" },
  }));
  const { taskId } = await queue.submit(stepsTask(steps));
  for (const _ of steps) await complete("one", await one.next());
  assert.equal((await queue.outcome(taskId)).status, "completed");
  assert.deepEqual(warnings, []);
});

test("a step that fails ends its task with what was wrong, and its other steps", async (context) => {
  const { queue, store, worker } = await queueBench(context);
  const finder = await worker("finder", { models: ["finder"] });
  const { taskId } = await queue.submit(
    stepsTask([...findAndFill, { name: "other", type: "inpaint", model: "diffuse" }]),
  );
  const lease = leaseOf(await finder.next());
  const failure = { code: "bad_image", detail: "no picture", class: "validation" } as const;
  await queue.fail({ node: "finder", lease, failure });
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "failed");
  assert.equal(outcome.code, "bad_image");
  assert.match(outcome.detail, /step "find" \(task .*\) ended failed: no picture/);
  const { tasks } = await store.list({ parentId: taskId, limit: 10 });
  const other = tasks.find(({ name }) => name === "steps: other");
  assert.ok(other);
  assert.equal((await queue.outcome(other.taskId)).status, "cancelled");
  assert.equal(tasks.length, 2, "the step that rests on the failed one never began");
});

test("a cancelled task of steps takes its steps along", async (context) => {
  const { queue, store, worker } = await queueBench(context);
  const finder = await worker("finder", { models: ["finder"] });
  const { taskId } = await queue.submit(stepsTask(findAndFill));
  const running = await finder.next();
  await queue.cancel({ taskId, reason: "not wanted" });
  assert.equal((await queue.outcome(taskId)).status, "cancelled");
  const view = await store.view(running.taskId);
  assert.ok(view?.cancelRequestedAt, "whoever runs a step is asked to give it up");
});

test("who takes a task of steps over finds the steps that are done", async (context) => {
  const { queue, store, worker, complete } = await queueBench(context);
  const finder = await worker("finder", { models: ["finder"] });
  const { taskId } = await queue.submit(stepsTask(findAndFill));
  await complete("finder", await finder.next(), [textFile("mask", "found once")]);
  const filler = await worker("filler");
  const filling = await filler.next();
  // The runner loses what it holds, as when its node is gone; the next attempt begins anew.
  await store.releaseNode({ node: stepsNode, except: [] });
  // The queue looks for work when something comes.
  await queue.submit(submissionOf({ model: "nobody's" }));
  while ((await store.view(taskId))?.attempt !== 2) await queue.statistics();
  await complete("filler", filling, [textFile("image", "done")]);
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "completed");
  assert.equal(outcome.attempt, 2);
  assert.equal((await store.list({ parentId: taskId, limit: 10 })).tasks.length, 2);
});

test("the next queue goes on with the steps of the one before", async (context) => {
  const { queue, successor, worker, complete } = await queueBench(context);
  const finder = await worker("finder", { models: ["finder"] });
  const { taskId } = await queue.submit(stepsTask(findAndFill));
  await complete("finder", await finder.next(), [textFile("mask", "found once")]);
  const next = await successor();
  const outcome = next.outcome(taskId);
  const filler = await worker("filler", { to: next });
  const filling = await filler.next();
  assert.equal(textOf(filling.inputs, "mask"), "found once");
  const files = [textFile("image", "done")];
  await next.complete({ node: "filler", lease: leaseOf(filling), result: { figures: {}, files } });
  assert.equal((await outcome).status, "completed");
});

test("a step says how long an attempt may take, how often it is tried, and which worker it likes", async (context) => {
  const { queue, store, worker } = await queueBench(context);
  const one = await worker("one");
  const wishes = {
    timeoutMs: 60_000,
    maxRetries: 1,
    affinityTags: ["near"],
    optionalSkills: ["ocr"],
  };
  const { taskId } = await queue.submit(
    stepsTask([{ name: "fill", type: "inpaint", model: "diffuse", ...wishes }]),
  );
  const lease = await one.next();
  const { timeoutMs, affinityTags, optionalSkills, maxRetries } =
    (await store.wholeTask(lease.taskId)) ?? assert.fail("it is known");
  assert.deepEqual({ timeoutMs, maxRetries, affinityTags, optionalSkills }, wishes);
  for (const ignored of [
    { affinityTags: ["near"] },
    { batchKey: "k" },
    { optionalSkills: ["x"] },
  ]) {
    await assert.rejects(queue.submit({ ...stepsTask(findAndFill), ...ignored }), /in the steps/);
  }
  await queue.cancel({ taskId, reason: "seen" });
});

test("steps have the fair key, the retries and the place of their task, where they do not say otherwise", async (context) => {
  const { queue, store, worker } = await queueBench(context);
  const one = await worker("one", { slots: 2 });
  const retry = { baseMs: 7, factor: 2, capMs: 9, jitter: "none" } as const;
  const own = { maxRetries: 0, fairKey: "own", isEvictable: true, retry: { ...retry, baseMs: 1 } };
  const step = { type: "inpaint", model: "diffuse" };
  const { taskId } = await queue.submit({
    ...stepsTask([
      { ...step, name: "plain" },
      { ...step, ...own, name: "other" },
    ]),
    ...{ fairKey: "batch", maxRetries: 9, retry, isEvictable: false },
  });
  const leases = [await one.next(), await one.next()];
  const said = new Map<string, unknown>();
  for (const lease of leases) {
    const view = (await store.view(lease.taskId)) ?? assert.fail("it is known");
    assert.deepEqual([view.userId, view.parentId], ["ada", taskId]);
    const { fairKey, isEvictable, maxRetries, retry } = view;
    said.set(view.name, [fairKey, isEvictable, maxRetries, retry?.baseMs]);
  }
  assert.deepEqual(said.get("steps: plain"), ["batch", false, 9, 7]);
  assert.deepEqual(said.get("steps: other"), ["own", true, 0, 1]);
});

test("a queue that begins anew again and again is no fault of its tasks of steps", async (context) => {
  const { queue, successor, store, worker } = await queueBench(context);
  const { taskId } = await queue.submit(stepsTask(findAndFill));
  let last = queue;
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    while ((await store.view(taskId))?.attempt !== attempt) await last.statistics();
    assert.equal((await store.view(taskId))?.lostLeases, 0);
    last = await successor();
  }
  const finder = await worker("finder", { models: ["finder"], to: last });
  assert.equal((await finder.next()).type, "detect-text");
});

test("steps that cannot be run, and strangers in their queue, are refused before they are stored", async (context) => {
  const { queue, store } = await queueBench(context);
  const refused = async (submission: Parameters<typeof queue.submit>[0], text: RegExp) =>
    assert.rejects(queue.submit(submission), (error) => {
      assert.equal(Failure.of(error).code, "invalid");
      assert.match(Failure.of(error).detail, text);
      return true;
    });
  await refused(stepsTask([{ name: "a" }]), /steps cannot be run/);
  await refused({ ...stepsTask(findAndFill), model: "diffuse" }, /model "steps"/);
  await refused(submissionOf({ queue: "steps" }), /for tasks of the type "steps"/);
  assert.equal((await store.statistics()).total, 0);
});
