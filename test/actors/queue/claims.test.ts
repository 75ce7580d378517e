import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseOf, queueOn, result, submission } from "./queue-fixture.ts";

test("the end of a task and the claim of its slot are one moment of the store", async (context) => {
  const { queue, store, worker } = await queueOn(context);
  const one = await worker("one");
  const texts = ["a", "b", "c", "d"];
  await Promise.all(texts.map((text) => queue.submit(submission(text))));
  for (const _ of texts) {
    const lease = await one.next();
    // The worker's own question for work was answered before this one.
    await queue.statistics();
    await queue.complete({ node: "one", lease: leaseOf(lease), result: result("done") });
  }
  const page = await store.readEvents({ channel: "queue:default", afterSeq: 0, limit: 100 });
  const ends = page.events.filter(({ type }) => type === "completed");
  const starts = page.events.filter(({ type }) => type === "running");
  assert.deepEqual(
    starts.slice(1).map(({ at }) => at),
    ends.slice(0, -1).map(({ at }) => at),
  );
});

test("while the store refuses an end its worker holds the task, and no slot is given twice", async (context) => {
  const { system, store, openStore, queue, worker } = await queueOn(context);
  const one = await worker("one");
  const first = await queue.submit(submission("a"));
  await queue.submit(submission("b"));
  const lease = await one.next();
  await system.stopActor(store);
  const report = { node: "one", lease: leaseOf(lease), result: result("done") };
  await assert.rejects(queue.complete(report));
  await openStore();
  while ((await queue.statistics().catch(() => undefined)) === undefined);
  assert.deepEqual(
    (await queue.statistics()).workers.map(({ running }) => running),
    [1],
  );
  assert.equal((await queue.complete(report)).kind, "committed");
  assert.equal((await queue.outcome(first.taskId)).status, "completed");
  assert.notEqual((await one.next()).taskId, first.taskId);
});

test("a submission and its claim by an idle worker are one moment of the store", async (context) => {
  const { queue, store, worker } = await queueOn(context);
  const one = await worker("one");
  for (const text of ["a", "b", "c"]) {
    // The worker's own question for work was answered before this one.
    await queue.statistics();
    const { taskId } = await queue.submit(submission(text));
    const lease = await one.next();
    await queue.complete({ node: "one", lease: leaseOf(lease), result: result("done") });
    const page = await store.readEvents({ channel: `task:${taskId}`, afterSeq: 0, limit: 10 });
    const [submitted, running, completed] = page.events;
    assert.deepEqual(
      [submitted?.type, running?.type, completed?.type],
      ["submitted", "running", "completed"],
    );
    assert.equal(running?.at, submitted?.at);
  }
});

test("a queue that goes on hands out what waited, though nobody tells of it", {
  timeout: 10_000,
}, async (context) => {
  const { queue, store, worker } = await queueOn(context);
  const one = await worker("one");
  await store.setQueue({ queue: "default", isPaused: true });
  const { taskId } = await queue.submit(submission("a"));
  await store.setQueue({ queue: "default", isPaused: false });
  assert.equal((await one.next()).taskId, taskId);
});

test("a worker that offers itself twice at once has each task once", {
  timeout: 20_000,
}, async (context) => {
  const { queue, store, worker } = await queueOn(context);
  const ids = await Promise.all(
    ["a", "b", "c", "d"].map(async (text) => (await queue.submit(submission(text))).taskId),
  );
  const one = await worker("one", 2);
  const again = { worker: one, node: "one", incarnation: 1, models: ["diffuse"], slots: 2 };
  await Promise.all([1, 2, 3].map(() => queue.offer({ ...again, holds: [] })));
  const outcomes = Promise.all(ids.map((taskId) => queue.outcome(taskId)));
  // What it was handed before it offered itself anew, as one that holds nothing, comes once more.
  const next = () => Promise.race([one.next(), outcomes.then(() => undefined)]);
  for (let lease = await next(); lease; lease = await next()) {
    await queue.complete({ node: "one", lease: leaseOf(lease), result: result("done") });
  }
  for (const taskId of ids) {
    const page = await store.readEvents({ channel: `task:${taskId}`, afterSeq: 0, limit: 20 });
    assert.equal(page.events.filter(({ type }) => type === "completed").length, 1);
  }
});
