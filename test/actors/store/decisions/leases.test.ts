import assert from "node:assert/strict";
import { test } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import { DecisionStage, leaseMs, refOf } from "./decision-stage.ts";

test("a heartbeat extends what is held and answers what is not: ended, newer, of another store", () => {
  const stage = new DecisionStage();
  for (let n = 0; n < 4; n += 1) stage.submit();
  const [held, ended, given, foreign] = stage.claimAll().map(refOf);
  assert.ok(held && ended && given && foreign);
  stage.complete(ended);
  stage.do("release", given);
  stage.claim();
  const other = { ...foreign, epoch: "e0" };
  stage.nowMs += leaseMs - 1;
  const beat = { node: "n", leases: [held, ended, given, other], leaseMs };
  assert.deepEqual(stage.do("heartbeat", beat), { lost: [ended, given, other], cancel: [] });
  stage.nowMs += leaseMs - 1;
  stage.sweep();
  assert.equal(stage.statusOf(held.taskId), "running");
  assert.equal(stage.statusOf(foreign.taskId), "pending");
});

test("a release puts the task back in its place; the attempt is not used up", () => {
  const stage = new DecisionStage();
  const first = stage.submit({ maxRetries: 0 });
  stage.submit();
  const lease = stage.claim();
  assert.deepEqual(stage.do("release", refOf(lease)), { kind: "done" });
  assert.deepEqual(stage.do("release", refOf(lease)), { kind: "lost" });
  const again = stage.claim();
  assert.deepEqual([again.taskId, again.attempt], [first, 2]);
  assert.deepEqual(stage.eventsOf(first), ["submitted", "running", "released", "running"]);
  assert.equal(stage.fail(again).kind, "ended");
});

test("the first lost lease waits again at once, later ones after a pause, the fourth is poison", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit({ maxRetries: 0 });
  for (const expected of ["pending", "scheduled", "scheduled"]) {
    stage.claim();
    stage.nowMs += leaseMs;
    assert.equal(stage.sweep().released, 1);
    assert.equal(stage.statusOf(taskId), expected);
    stage.nowMs += 1_000;
    stage.sweep();
  }
  stage.claim();
  stage.nowMs += leaseMs;
  assert.deepEqual(stage.sweep().ended, [taskId]);
  const view = stage.do("view", taskId);
  assert.deepEqual([view?.status, view?.errorCode, view?.lostLeases], ["failed", "POISON", 4]);
  assert.equal(view?.retryCount, 0);
});

test("a node that is gone loses its leases, except those that it names", () => {
  const stage = new DecisionStage();
  for (let n = 0; n < 3; n += 1) stage.submit();
  const [kept, lost] = stage.claimAll({ max: 2 });
  const other = stage.claim({ node: "other" });
  assert.ok(kept && lost);
  const report = stage.do("releaseNode", { node: "n", except: [refOf(kept)] });
  const faults = [{ node: "n", class: "node_lost", attempts: 1, isBlamed: true }];
  assert.deepEqual(report, { released: 1, ended: [], faults });
  const statuses = [kept, lost, other].map(({ taskId }) => stage.statusOf(taskId));
  assert.deepEqual(statuses, ["running", "pending", "running"]);
  assert.equal(stage.complete(lost).kind, "lost");
});

test("a lease is heard after its end until the sweep, and never after", () => {
  const stage = new DecisionStage();
  stage.submit();
  stage.submit();
  const [quick, late] = stage.claimAll();
  assert.ok(quick && late);
  stage.nowMs += leaseMs + 1;
  assert.equal(stage.complete(quick).kind, "committed");
  stage.sweep();
  for (const answer of [stage.complete(late), stage.fail(late), stage.do("release", refOf(late))]) {
    assert.equal(answer.kind, "lost");
  }
});

test("who does not heed a cancellation loses its lease after a grace, and the task is cancelled", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  const lease = refOf(stage.claim());
  stage.do("cancel", { taskId, reason: "enough" });
  const beat = { node: "n", leases: [lease], leaseMs };
  const order = { lost: [], cancel: [{ lease, reason: "enough" }] };
  for (let ms = 0; ms < storeLimits.cancelGraceMs + leaseMs; ms += 1_000) {
    assert.deepEqual(stage.do("heartbeat", beat), order, `after ${ms} ms`);
    stage.nowMs += 1_000;
    assert.equal(stage.statusOf(taskId), "running");
    if (ms + 1_000 < storeLimits.cancelGraceMs + leaseMs) stage.sweep();
  }
  assert.deepEqual(stage.sweep().ended, [taskId]);
  assert.equal(stage.statusOf(taskId), "cancelled");
  assert.deepEqual(stage.do("heartbeat", beat), { lost: [lease], cancel: [] });
});
