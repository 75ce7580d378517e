import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore, leaseMs } from "./store-fixture.ts";

test("tasks come in order of urgency, then of arrival", (t) => {
  const store = createStore(t);
  const normal = store.submit();
  const urgent = store.submit({ priority: 0 });
  const normalToo = store.submit();
  const late = store.submit({ priority: 9 });
  assert.deepEqual(
    store.claim(10).map(({ taskId }) => taskId),
    [urgent, normal, normalToo, late],
  );
});

test("a task is overtaken only by those that arrive within 30 s a level", (t) => {
  const store = createStore(t);
  const old = store.submit({ priority: 1 });
  store.nowMs += 29_999;
  const inTime = store.submit({ priority: 0 });
  store.nowMs += 2;
  const tooLate = store.submit({ priority: 0 });
  assert.deepEqual(
    store.claim(10).map(({ taskId }) => taskId),
    [inTime, old, tooLate],
  );
});

test("only tasks of the named models are handed out, merged by urgency", (t) => {
  const store = createStore(t);
  const a = store.submit({ model: "a" });
  const b = store.submit({ model: "b" });
  const a2 = store.submit({ model: "a", priority: 0 });
  store.submit({ model: "c" });
  assert.deepEqual(store.claim(10, "worker-1", []), []);
  assert.deepEqual(
    store.claim(10, "worker-1", ["b", "a", "b"]).map(({ taskId }) => taskId),
    [a2, a, b],
  );
  assert.equal(store.counts().pending, 1);
});

test("fences grow with every lease, across tasks, workers and openings of the file", (t) => {
  const store = createStore(t);
  for (let count = 0; count < 3; count += 1) store.submit();
  const fences = store.claim(2).map(({ fence }) => fence);
  store.release();
  store.reopen();
  fences.push(...store.claim(3, "worker-2").map(({ fence }) => fence));
  assert.deepEqual(fences, [1, 2, 3, 4, 5]);
});

test("no task is handed out twice", (t) => {
  const store = createStore(t);
  for (let count = 0; count < 5; count += 1) store.submit();
  const ids = [...store.claim(3), ...store.claim(3, "worker-2")].map(({ taskId }) => taskId);
  assert.equal(new Set(ids).size, 5);
});

test("a renewed lease outlives its first time, and renewing never shortens it", (t) => {
  const store = createStore(t);
  store.submit();
  const lease = store.claimOne();
  const renew = (ms: number) =>
    store.call({
      method: "renew",
      args: [
        { node: "worker-1", leases: [{ taskId: lease.taskId, fence: lease.fence }], leaseMs: ms },
      ],
    });
  store.nowMs += leaseMs - 1;
  assert.deepEqual(renew(leaseMs), { lost: [] });
  assert.deepEqual(renew(1), { lost: [] });
  store.nowMs += leaseMs - 1;
  assert.equal(store.sweep().released, 0);
  store.nowMs += 1;
  assert.equal(store.sweep().released, 1);
  assert.deepEqual(renew(leaseMs).lost, [{ taskId: lease.taskId, fence: lease.fence }]);
});

test("a lease is renewed for the node that holds it only", (t) => {
  const store = createStore(t);
  store.submit();
  const { taskId, fence } = store.claimOne();
  const answer = store.call({
    method: "renew",
    args: [{ node: "worker-2", leases: [{ taskId, fence }], leaseMs }],
  });
  assert.deepEqual(answer.lost, [{ taskId, fence }]);
});

test("a lost lease makes the task wait at once the first time, after a pause the next", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  store.claimOne();
  store.nowMs += leaseMs;
  assert.deepEqual(
    { released: store.sweep().released, status: store.view(taskId).status },
    { released: 1, status: "pending" },
  );
  store.claimOne();
  store.nowMs += leaseMs;
  const report = store.sweep();
  assert.equal(store.view(taskId).status, "scheduled");
  assert.equal(report.nextAt, store.nowMs + 200);
  store.nowMs += 200;
  assert.equal(store.sweep().due, 1);
  assert.equal(store.view(taskId).status, "pending");
  assert.deepEqual(store.problems(), []);
});

test("a task that loses more than three leases fails as POISON and is told of", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ maxRetries: 0 });
  for (let lost = 0; lost < 3; lost += 1) {
    store.claimOne();
    assert.deepEqual(store.release(), { released: 1, failed: [] });
    store.nowMs += 200;
    store.sweep();
  }
  store.claimOne();
  assert.deepEqual(store.release(), { released: 0, failed: [taskId] });
  const outcome = store.outcome(taskId);
  assert.ok(outcome?.status === "failed");
  assert.equal(outcome.code, "POISON");
  assert.equal(outcome.attempt, 4);
  assert.match(outcome.detail, /worker-1/);
  assert.deepEqual(store.problems(), []);
});

test("release ends a node's leases except those it names, by fence", (t) => {
  const store = createStore(t);
  for (let count = 0; count < 3; count += 1) store.submit();
  const [first, second] = store.claim(2);
  store.claim(1, "worker-2");
  assert.ok(first && second);
  const wrongFence = { taskId: second.taskId, fence: second.fence + 7 };
  assert.deepEqual(store.release("worker-1", [first, wrongFence]), { released: 1, failed: [] });
  assert.equal(store.view(first.taskId).status, "running");
  assert.equal(store.view(second.taskId).status, "pending");
  assert.equal(store.counts().running, 2);
});
