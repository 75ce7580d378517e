import assert from "node:assert/strict";
import { test } from "node:test";
import { DecisionStage, leaseMs, refOf } from "./decision-stage.ts";

test("the deadline of the whole ends a task in any state, and its worker is not heard", () => {
  const stage = new DecisionStage();
  const terms = { deadlineMs: 1_000 };
  const running = stage.submit(terms);
  const lease = stage.claim();
  const parked = stage.submit(terms);
  const terms2 = { userId: "ann", stepResult: {}, expiresMs: 60_000, checkpoint: null } as const;
  const question = { step: 0, onTimeout: "fail", mode: "park", ...terms2 } as const;
  stage.do("confirmRequest", { lease: refOf(stage.claim()), ...question });
  const pending = stage.submit(terms);
  const scheduled = stage.submit({ ...terms, runAt: stage.nowMs + 5_000 });
  const taskIds = [running, parked, pending, scheduled];
  stage.nowMs += 999;
  assert.deepEqual(stage.sweep().ended, []);
  stage.nowMs += 1;
  assert.deepEqual(new Set(stage.sweep().ended), new Set(taskIds));
  assert.deepEqual(new Set(taskIds.map((id) => stage.statusOf(id))), new Set(["timed_out"]));
  assert.equal(stage.complete(lease).kind, "lost");
});

test("who must have begun by some time counts from its submission, or from when it may run", () => {
  const stage = new DecisionStage();
  const terms = { queueDeadlineMs: 1_000 };
  const waits = stage.submit(terms);
  const later = stage.submit({ ...terms, runAt: stage.nowMs + 500 });
  const begun = stage.submit({ ...terms, priority: 0 });
  const lease = stage.claim();
  assert.equal(lease.taskId, begun);
  stage.nowMs += 1_000;
  assert.deepEqual(stage.sweep().ended, [waits]);
  stage.nowMs += 500;
  assert.deepEqual(stage.sweep().ended, [later]);
  stage.do("release", refOf(lease));
  stage.sweep();
  assert.equal(stage.statusOf(begun), "pending", "it was begun once, which is enough");
});

test("an attempt that takes too long is tried again until its retries are used up", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit({ timeoutMs: 1_000, maxRetries: 1 });
  const lease = stage.claim();
  stage.nowMs += 1_000;
  assert.equal(stage.sweep().released, 1);
  assert.equal(stage.complete(lease).kind, "lost");
  stage.nowMs += 10_000;
  stage.sweep();
  stage.claim();
  stage.nowMs += 1_000;
  assert.deepEqual(stage.sweep().ended, [taskId]);
  const outcome = stage.do("outcome", taskId);
  assert.ok(outcome?.status === "timed_out");
  assert.equal(outcome.detail, "attempt 2 took longer than 1000 ms");
});

test("a sweep says when the next can find something, and stops at its limit", () => {
  const stage = new DecisionStage();
  assert.equal(stage.sweep().nextAt, null);
  stage.submit({ deadlineMs: 70_000 });
  stage.submit({ runAt: stage.nowMs + 20_000 });
  stage.claim();
  assert.equal(stage.sweep().nextAt, stage.nowMs + leaseMs);
  stage.nowMs += 20_000;
  const report = stage.do("sweep", 1);
  const faults = [{ node: "n", class: "node_lost", attempts: 1, isBlamed: true }];
  const done = { released: 1, ended: [], due: 0, purged: 0, faults };
  assert.deepEqual(report, { ...done, nextAt: stage.nowMs });
  assert.equal(stage.do("sweep", 2).due, 1);
  assert.equal(stage.sweep().nextAt, stage.nowMs + 50_000);
});
