import assert from "node:assert/strict";
import { test } from "node:test";
import { DecisionStage, leaseMs, refOf } from "./decision-stage.ts";

const order = (taskId: string) => ({ taskId, reason: "not wanted", by: "ann" });

test("what waits has ended when it is answered, and never starts", () => {
  const stage = new DecisionStage();
  const pending = stage.submit();
  const scheduled = stage.submit({ runAt: stage.nowMs + 1_000 });
  for (const taskId of [pending, scheduled]) {
    assert.deepEqual(stage.do("cancel", order(taskId)), { kind: "cancelled" });
    const again = { kind: "ended", status: "cancelled" };
    assert.deepEqual(stage.do("cancel", order(taskId)), again);
    const outcome = { status: "cancelled", taskId, attempt: 0, code: "cancelled" };
    assert.deepEqual(stage.do("outcome", taskId), { ...outcome, detail: "not wanted" });
  }
  stage.nowMs += 2_000;
  stage.sweep();
  assert.deepEqual(stage.claimAll(), []);
  assert.deepEqual(stage.do("cancel", order("nobody")), { kind: "not_found" });
});

test("what runs is asked to give up, told so with each heartbeat, and asked once", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  const lease = refOf(stage.claim());
  assert.deepEqual(stage.do("cancel", order(taskId)), { kind: "requested" });
  assert.deepEqual(stage.do("cancel", { taskId, reason: "again" }), { kind: "requested" });
  const answer = stage.do("heartbeat", { node: "n", leases: [lease], leaseMs });
  assert.deepEqual(answer, { lost: [], cancel: [{ lease, reason: "not wanted" }] });
  assert.deepEqual(stage.eventsOf(taskId), ["submitted", "running", "cancel_requested"]);
});

test("a task that is to be cancelled is, however its attempt ends, unless it completes", () => {
  const stage = new DecisionStage();
  const taskIds = [1, 2, 3, 4, 5].map(() => stage.submit({ timeoutMs: 20_000 }));
  const leases = stage.claimAll();
  for (const taskId of taskIds) stage.do("cancel", order(taskId));
  const [fails, gives, completes, goes] = leases;
  assert.ok(fails && gives && completes && goes);
  assert.deepEqual(stage.fail(fails), { kind: "ended", status: "cancelled" });
  assert.deepEqual(stage.do("release", refOf(gives)), { kind: "done" });
  assert.equal(stage.complete(completes).kind, "committed");
  stage.nowMs += leaseMs;
  assert.equal(stage.sweep().ended.length, 2);
  const statuses = taskIds.map((taskId) => stage.statusOf(taskId));
  const cancelled = "cancelled";
  assert.deepEqual(statuses, [cancelled, cancelled, "completed", cancelled, cancelled]);
});

test("all that descends from a task goes with it; what has ended stays as it ended", () => {
  const stage = new DecisionStage();
  const parentId = stage.submit();
  const done = stage.submit({ parentId });
  const grandchild = stage.submit({ parentId: done });
  stage.do("setQueue", { queue: "default", isPaused: true });
  const child = stage.submit({ parentId, queue: "other" });
  const running = stage.claim({ queues: ["other"] });
  stage.do("setQueue", { queue: "default", isPaused: false });
  stage.do("cancel", order(parentId));
  const statuses = [parentId, done, grandchild, child].map((id) => stage.statusOf(id));
  assert.deepEqual(statuses, ["cancelled", "cancelled", "cancelled", "running"]);
  assert.equal(stage.fail(running).kind, "ended");
  assert.equal(stage.statusOf(child), "cancelled");
});
