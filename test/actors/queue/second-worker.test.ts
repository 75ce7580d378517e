// A second worker of a node: the queue knows workers by their nodes, so that the two would destroy each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { queueOn, submission, TestWorkerActor } from "./queue-fixture.ts";

test("a second living worker of a node is refused, and the first keeps what it holds", {
  timeout: 20_000,
}, async (context) => {
  const { queue, store, system, worker } = await queueOn(context);
  const first = await worker("one", 1);
  const { taskId } = await queue.submit(submission("held"));
  await first.next();
  const refused = await worker("one", 1).then(() => undefined, Failure.of);
  assert.equal(refused?.code, "name_taken");
  assert.match(refused?.detail ?? "", /a node has one worker; put this one on a node of its own/);
  const view = await store.view(taskId);
  assert.deepEqual([view?.status, view?.lostLeases], ["running", 0]);
  await system.stopActor(first);
  for (;;) {
    const failure = await worker("one", 1).then(() => undefined, Failure.of);
    if (!failure) break;
    assert.equal(failure.code, "name_taken");
  }
});

test("of two workers of a node that come at once one is taken; of a later life the node's next is", {
  timeout: 20_000,
}, async (context) => {
  const { queue, system, worker } = await queueOn(context);
  const came = await Promise.allSettled([worker("one"), worker("one")]);
  assert.deepEqual(
    came.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  const next = { worker: system.spawn(TestWorkerActor), node: "one", models: ["diffuse"] };
  await queue.offer({ ...next, incarnation: 2, slots: 1, holds: [] });
  const stale = worker("one").then(() => undefined, Failure.of);
  assert.equal((await stale)?.code, "name_taken");
});
