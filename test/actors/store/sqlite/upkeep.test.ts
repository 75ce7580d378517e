import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore, file, leaseMs, startMs, submission } from "./store-fixture.ts";

const hourMs = 3_600_000;

test("a sweep of an empty store finds nothing and names no time", (t) => {
  assert.deepEqual(createStore(t).sweep(), { released: 0, failed: [], due: 0, nextAt: null });
});

test("a sweep names the next lease end, and does nothing before it", (t) => {
  const store = createStore(t);
  store.submit();
  store.claimOne();
  const report = store.sweep();
  assert.deepEqual(report, { released: 0, failed: [], due: 0, nextAt: startMs + leaseMs });
});

test("a sweep does no more than it is told, and says that more is due", (t) => {
  const store = createStore(t);
  for (let count = 0; count < 5; count += 1) store.submit();
  store.claim(5);
  store.nowMs += leaseMs;
  const first = store.sweep(3);
  assert.equal(first.released, 3);
  assert.ok(first.nextAt !== null && first.nextAt <= store.nowMs);
  assert.equal(store.sweep(3).released, 2);
});

test("a completed task is kept for a day, a failed one for a week, then all of it goes", (t) => {
  const store = createStore(t);
  const completed = store.submit({ inputs: [file("image", 10)] });
  store.complete(store.claimOne(), [file("result", 600_000)]);
  const failed = store.submit();
  store.fail(store.claimOne(), false);
  store.nowMs += 24 * hourMs - 1;
  store.sweep();
  assert.equal(store.view(completed).status, "completed");
  store.nowMs += 1;
  store.sweep();
  assert.equal(store.call({ method: "view", args: [completed] }), null);
  assert.equal(store.outcome(completed), null);
  store.nowMs = startMs + 7 * 24 * hourMs;
  assert.equal(store.view(failed).status, "failed");
  assert.equal(store.sweep().nextAt, null);
  assert.equal(store.call({ method: "view", args: [failed] }), null);
  assert.deepEqual(store.counts(), {
    scheduled: 0,
    pending: 0,
    running: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    pendingBytes: 0,
  });
  assert.deepEqual(store.problems(), []);
});

test("an idempotency key is forgotten after a day, but not while its task lives", (t) => {
  const store = createStore(t);
  const ended = store.submit({ idempotencyKey: "ended" });
  store.complete(store.claimOne());
  const living = store.submit({ idempotencyKey: "living" });
  store.nowMs += 24 * hourMs;
  store.sweep();
  const repeat = (idempotencyKey: string) =>
    store.call({ method: "submit", args: [submission({ idempotencyKey })] });
  assert.deepEqual(repeat("living"), { kind: "replayed", taskId: living });
  const again = repeat("ended");
  assert.ok(again.kind === "created" && again.taskId !== ended);
});

test("counts follow each change of state and agree with a recount", (t) => {
  const store = createStore(t);
  for (let count = 0; count < 6; count += 1) store.submit({ inputs: [file("image", 100)] });
  const [first, second, third] = store.claim(4);
  assert.ok(first && second && third);
  store.complete(first);
  store.fail(second, false);
  store.fail(third, true);
  const waiting = store.call({ method: "cancel", args: [{ taskId: "task-6", reason: "" }] });
  assert.equal(waiting, "cancelled");
  const { pendingBytes, ...counts } = store.counts();
  assert.deepEqual(counts, {
    scheduled: 1,
    pending: 1,
    running: 1,
    completed: 1,
    failed: 1,
    cancelled: 1,
  });
  assert.ok(pendingBytes >= 200 && pendingBytes < 300);
  assert.deepEqual(store.problems(), []);
});
