import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskFile } from "#protocols/tasks/task.ts";
import { createStore, file, leaseMs } from "./store-fixture.ts";

test("a completed task gives its result back, with where and how long it ran", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ inputs: [file("image", 100)] });
  store.nowMs += 40;
  const lease = store.claimOne("worker-9");
  assert.equal(store.outcome(taskId), null);
  store.nowMs += 60;
  const files = [file("result", 600_000), file("empty", 0), file("exact", 256 * 1024)];
  assert.equal(store.complete(lease, files).kind, "committed");
  const outcome = store.outcome(taskId);
  assert.ok(outcome?.status === "completed");
  const { node, attempt, queueMs, runMs } = outcome;
  assert.deepEqual(
    { node, attempt, queueMs, runMs },
    { node: "worker-9", attempt: 1, queueMs: 40, runMs: 60 },
  );
  assert.deepEqual(outcome.result.figures, { steps: 5 });
  assert.equal(outcome.result.files.length, files.length);
  for (const [index, expected] of files.entries()) {
    const seen: TaskFile | undefined = outcome.result.files[index];
    assert.equal(seen?.name, expected.name);
    assert.ok(seen && Buffer.from(seen.bytes).equals(expected.bytes));
  }
  assert.deepEqual(store.problems(), []);
});

test("only the newest fence is heard: an overtaken worker changes nothing", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  const old = store.claimOne("worker-1");
  store.nowMs += leaseMs;
  store.sweep();
  const current = store.claimOne("worker-2");
  assert.equal(store.complete(old).kind, "lost");
  assert.deepEqual(store.fail(old, false), { kind: "lost" });
  assert.equal(store.view(taskId).status, "running");
  assert.equal(store.complete(current).kind, "committed");
  assert.equal(store.complete(current).kind, "lost");
  assert.deepEqual(store.fail(current, true), { kind: "lost" });
  assert.equal(store.outcome(taskId)?.status, "completed");
});

test("a completion after the lease's time but before a sweep still counts", (t) => {
  const store = createStore(t);
  store.submit();
  const lease = store.claimOne();
  store.nowMs += leaseMs * 10;
  assert.equal(store.complete(lease).kind, "committed");
  assert.equal(store.sweep().released, 0);
});

test("completing or failing what does not exist is lost", (t) => {
  const store = createStore(t);
  assert.equal(store.complete({ taskId: "nobody", fence: 1 }).kind, "lost");
  assert.deepEqual(store.fail({ taskId: "nobody", fence: 1 }, true), { kind: "lost" });
});

test("a retryable failure is tried again, later each time, until the retries are used up", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ maxRetries: 2 });
  for (const delayMsMax of [200, 400]) {
    const result = store.fail(store.claimOne(), true);
    assert.ok(result.kind === "retried");
    assert.ok(result.runAt >= store.nowMs && result.runAt <= store.nowMs + delayMsMax);
    assert.equal(store.view(taskId).status, "scheduled");
    assert.equal(store.claim().length, 0);
    assert.equal(store.sweep().nextAt, result.runAt);
    store.nowMs = result.runAt;
    assert.equal(store.sweep().due, 1);
  }
  assert.deepEqual(store.fail(store.claimOne(), true), { kind: "failed" });
  const outcome = store.outcome(taskId);
  assert.ok(outcome?.status === "failed");
  assert.deepEqual(
    { code: outcome.code, detail: outcome.detail, attempt: outcome.attempt },
    { code: "model_failed", detail: "the model broke", attempt: 3 },
  );
});

test("a retry keeps its place in the queue", (t) => {
  const store = createStore(t);
  const first = store.submit();
  const result = store.fail(store.claimOne(), true);
  store.nowMs += 1;
  store.submit();
  assert.ok(result.kind === "retried");
  store.nowMs = Math.max(store.nowMs, result.runAt);
  store.sweep();
  assert.equal(store.claimOne().taskId, first);
});

test("a failure that no retry can cure ends the task at once", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  assert.deepEqual(store.fail(store.claimOne(), false), { kind: "failed" });
  const view = store.view(taskId);
  assert.equal(view.status, "failed");
  assert.equal(view.errorCode, "model_failed");
  assert.equal(view.finishedAt, store.nowMs);
});

const cancel = (store: ReturnType<typeof createStore>, taskId: string) =>
  store.call({ method: "cancel", args: [{ taskId, reason: "changed my mind" }] });

test("a waiting task that is cancelled never starts", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  assert.equal(cancel(store, taskId), "cancelled");
  assert.equal(store.claim().length, 0);
  assert.deepEqual(store.outcome(taskId), {
    status: "cancelled",
    taskId,
    attempt: 0,
    code: "cancelled",
    detail: "changed my mind",
  });
  assert.equal(cancel(store, taskId), "ended");
});

test("a task that waits for its retry can be cancelled", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  store.fail(store.claimOne(), true);
  assert.equal(cancel(store, taskId), "cancelled");
  store.nowMs += 100_000;
  assert.equal(store.sweep().due, 0);
});

test("cancelling a running task stops its worker at the next renewal and is never retried", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  const { fence } = store.claimOne();
  assert.equal(cancel(store, taskId), "running");
  const renewal = { node: "worker-1", leases: [{ taskId, fence }], leaseMs };
  assert.deepEqual(store.call({ method: "renew", args: [renewal] }).lost, [{ taskId, fence }]);
  store.nowMs += leaseMs;
  assert.deepEqual(store.sweep().failed, [taskId]);
  assert.equal(store.outcome(taskId)?.status, "cancelled");
  assert.deepEqual(store.problems(), []);
});

test("a running task that fails after its cancel is cancelled, one that completes is not", (t) => {
  const store = createStore(t);
  const failing = store.submit();
  const completing = store.submit();
  const [first, second] = store.claim(2);
  assert.ok(first && second);
  cancel(store, failing);
  cancel(store, completing);
  assert.deepEqual(store.fail(first, true), { kind: "failed" });
  assert.equal(store.complete(second).kind, "committed");
  assert.equal(store.view(failing).status, "cancelled");
  assert.equal(store.view(completing).status, "completed");
});

test("cancelling an unknown task says so", (t) => {
  assert.equal(cancel(createStore(t), "nobody"), "not_found");
});
