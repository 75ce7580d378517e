import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { leaseOf, queueOn, result, submission } from "./queue-fixture.ts";

test("a submitted task goes to a worker, and who waits hears its outcome", async (context) => {
  const { queue, worker } = await queueOn(context);
  const one = await worker("one");
  const { taskId, ack } = await queue.submit(submission("hello"));
  assert.equal(ack, "durable");
  const outcome = queue.outcome(taskId);
  const lease = await one.next();
  assert.equal(lease.taskId, taskId);
  assert.equal(Buffer.from(lease.inputs[0]?.bytes ?? []).toString(), "hello");
  const commit = await queue.complete({
    node: "one",
    lease: leaseOf(lease),
    result: result("bye"),
  });
  assert.equal(commit.kind, "committed");
  const ended = await outcome;
  assert.ok(ended.status === "completed");
  assert.equal(ended.node, "one");
  assert.equal(Buffer.from(ended.result.files[0]?.bytes ?? []).toString(), "bye");
  const again = await queue.outcome(taskId);
  assert.equal(again.status, "completed", "who asks later hears the same");
});

test("no worker is handed more than its slots, and none a model that it lacks", async (context) => {
  const { queue, worker } = await queueOn(context);
  const other = await worker("other", 5, ["lama"]);
  const one = await worker("one", 2);
  await Promise.all(["a", "b", "c"].map((text) => queue.submit(submission(text))));
  const first = await one.next();
  await one.next();
  assert.equal((await queue.statistics()).pending, 1);
  await queue.complete({ node: "one", lease: leaseOf(first), result: result("done") });
  await one.next();
  const { workers, pending, running } = await queue.statistics();
  assert.deepEqual([pending, running], [0, 2]);
  assert.deepEqual(
    workers.map(({ node, running: held }) => [node, held]),
    [
      ["other", 0],
      ["one", 2],
    ],
  );
  await assert.rejects(other.$.with({ within: 50 }).next());
});

test("the tasks of a worker that ends go to another, under a greater fence", async (context) => {
  const { system, queue, worker } = await queueOn(context);
  const one = await worker("one");
  const { taskId } = await queue.submit(submission("x"));
  const lost = await one.next();
  const two = await worker("two");
  await system.stopActor(one);
  const found = await two.next();
  assert.equal(found.taskId, taskId);
  assert.ok(found.fence > lost.fence);
  const late = await queue.complete({ node: "one", lease: leaseOf(lost), result: result("late") });
  assert.equal(late.kind, "lost");
  await queue.complete({ node: "two", lease: leaseOf(found), result: result("right") });
  const ended = await queue.outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.equal(Buffer.from(ended.result.files[0]?.bytes ?? []).toString(), "right");
});

test("a retryable failure is tried again, any other ends the task", async (context) => {
  const { queue, worker } = await queueOn(context);
  const one = await worker("one");
  const { taskId } = await queue.submit(submission("x"));
  const failure = { code: "engine_lost", detail: "gone", class: "resource" } as const;
  const first = await one.next();
  const answer = await queue.fail({ node: "one", failure, lease: leaseOf(first) });
  assert.equal(answer.kind, "retried");
  const second = await one.next();
  assert.equal(second.attempt, 2);
  const refusal = { code: "bad_image", detail: "no image", class: "validation" } as const;
  await queue.fail({ node: "one", failure: refusal, lease: leaseOf(second) });
  const ended = await queue.outcome(taskId);
  assert.deepEqual(ended, {
    status: "failed",
    taskId,
    attempt: 2,
    code: "bad_image",
    detail: "no image",
  });
});

test("a cancelled task never starts, and who waits hears it", async (context) => {
  const { queue, worker } = await queueOn(context);
  const { taskId } = await queue.submit(submission("x"));
  const outcome = queue.outcome(taskId);
  assert.deepEqual(await queue.cancel({ taskId, reason: "not wanted" }), { kind: "cancelled" });
  assert.equal((await outcome).status, "cancelled");
  const one = await worker("one");
  await assert.rejects(one.$.with({ within: 100 }).next());
});

test("waiting for a task that does not exist fails at once", async (context) => {
  const { queue } = await queueOn(context);
  await assert.rejects(queue.outcome("nobody"), (error) => Failure.of(error).code === "not_found");
});

test("who runs a task that is cancelled is asked to give it up, until it has", async (context) => {
  const { queue, worker } = await queueOn(context);
  const one = await worker("one");
  const { taskId } = await queue.submit(submission("x"));
  const outcome = queue.outcome(taskId);
  const lease = leaseOf(await one.next());
  const cancelled = await queue.cancel({ taskId, reason: "not wanted" });
  assert.deepEqual(cancelled, { kind: "requested" });
  assert.equal((await one.asked()).taskId, taskId);
  const beat = { node: "one", leases: [lease] };
  const { cancel, lost } = await queue.heartbeat(beat);
  assert.deepEqual({ cancel, lost }, { cancel: [{ lease, reason: "not wanted" }], lost: [] });
  const failure = { code: "cancelled", detail: "given up", class: "cancelled" } as const;
  await queue.fail({ node: "one", failure, lease });
  assert.equal((await outcome).status, "cancelled");
  assert.deepEqual((await queue.heartbeat(beat)).lost, [lease]);
});

test("a queue that has forgotten a worker says so to its heartbeat", async (context) => {
  const { queue } = await queueOn(context);
  const answer = await queue.heartbeat({ node: "one", leases: [] });
  assert.deepEqual(answer, { lost: [], cancel: [], isKnown: false });
});

test("who waits hears of ends that no worker and no call has told", async (context) => {
  const { queue } = await queueOn(context);
  const parent = await queue.submit(submission("parent"));
  const child = await queue.submit({ ...submission("child"), parentId: parent.taskId });
  const outcome = queue.outcome(child.taskId);
  await queue.cancel({ taskId: parent.taskId, reason: "not wanted" });
  assert.equal((await outcome).status, "cancelled");
});

test("without its store the queue refuses; with the next one it goes on where it was", async (context) => {
  const { system, store, openStore, queue, worker } = await queueOn(context);
  const { taskId } = await queue.submit(submission("x"));
  await system.stopActor(store);
  const refused = ["unavailable", "actor_stopped"];
  await assert.rejects(queue.submit(submission("y")), (error) =>
    refused.includes(Failure.of(error).code),
  );
  await openStore();
  while ((await queue.statistics().catch(() => undefined)) === undefined);
  const one = await worker("one");
  assert.equal((await one.next()).taskId, taskId);
});
