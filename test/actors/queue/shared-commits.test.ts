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
