import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOf, retryDelayMs } from "#actors/store/decisions/retry-plan.ts";
import { DecisionStage } from "./decision-stage.ts";

const policy = { baseMs: 1_000, factor: 2, capMs: 300_000, jitter: "full" } as const;

test("the same attempt always gets the same chance, another task or attempt another", () => {
  assert.equal(chanceOf("t", 1), chanceOf("t", 1));
  assert.notEqual(chanceOf("t", 1), chanceOf("t", 2));
  assert.notEqual(chanceOf("t", 1), chanceOf("u", 1));
  const chances = Array.from({ length: 1_000 }, (_, attempt) => chanceOf("t", attempt));
  assert.ok(Math.min(...chances) >= 0 && Math.min(...chances) < 0.01);
  assert.ok(Math.max(...chances) < 1 && Math.max(...chances) > 0.99);
});

test("delays grow up to their cap; jitter takes all of them, half, or nothing", () => {
  const longest = { ...policy, jitter: "none" } as const;
  assert.deepEqual(
    [1, 2, 3, 9, 10, 100].map((n) => retryDelayMs(longest, n, 0)),
    [1_000, 2_000, 4_000, 256_000, 300_000, 300_000],
  );
  assert.equal(retryDelayMs(policy, 2, 0.25), 500);
  assert.equal(retryDelayMs({ ...policy, jitter: "equal" }, 2, 0.25), 1_250);
});

const classes = [
  ["network", "retried"],
  ["resource", "retried"],
  ["node_lost", "retried"],
  ["timeout", "retried"],
  ["model", "retried"],
  ["validation", "failed"],
  ["cancelled", "cancelled"],
] as const;
for (const [failureClass, expected] of classes) {
  test(`a failure of class ${failureClass} leads to: ${expected}`, () => {
    const stage = new DecisionStage();
    stage.submit();
    const answer = stage.fail(stage.claim(), { class: failureClass });
    assert.equal(answer.kind === "ended" ? answer.status : answer.kind, expected);
  });
}

test("retries are used up; then the task has failed, or timed out when that was the cause", () => {
  for (const [failureClass, expected] of [
    ["network", "failed"],
    ["timeout", "timed_out"],
  ] as const) {
    const stage = new DecisionStage();
    const taskId = stage.submit({ maxRetries: 2 });
    for (let retry = 1; retry <= 2; retry += 1) {
      assert.equal(stage.fail(stage.claim(), { class: failureClass }).kind, "retried");
      stage.nowMs += 10_000;
      stage.sweep();
    }
    const ended = stage.fail(stage.claim(), { class: failureClass });
    assert.deepEqual(ended, { kind: "ended", status: expected });
    const view = stage.do("view", taskId);
    assert.deepEqual([view?.attempt, view?.retryCount], [3, 2]);
  }
});

test("a failure of the model is tried again once in a task's life", () => {
  const stage = new DecisionStage();
  stage.submit({ retry: { ...policy, baseMs: 0 } });
  assert.equal(stage.fail(stage.claim(), { class: "model" }).kind, "retried");
  assert.equal(stage.fail(stage.claim(), { class: "network" }).kind, "retried");
  const ended = stage.fail(stage.claim(), { class: "model" });
  assert.deepEqual(ended, { kind: "ended", status: "failed" });
});

test("a worker may ask for a longer pause, not for a shorter one", () => {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", retry: { ...policy, jitter: "none" } });
  stage.submit();
  const longer = stage.fail(stage.claim(), { retryAfterMs: 7_000 });
  assert.deepEqual(longer, { kind: "retried", runAt: stage.nowMs + 7_000 });
  stage.nowMs += 7_000;
  stage.sweep();
  const shorter = stage.fail(stage.claim(), { retryAfterMs: 1 });
  assert.deepEqual(shorter, { kind: "retried", runAt: stage.nowMs + 2_000 });
});

test("beyond a fifth of the claims and ten more, retries wait longer than any, and not together", () => {
  const stage = new DecisionStage();
  const retry = { ...policy, jitter: "none" } as const;
  for (let n = 0; n < 20; n += 1) stage.submit({ retry });
  const leases = stage.claimAll();
  // 20 claims * 0.2 + 10 = 14 retries.
  const delays = leases.map((lease) => {
    const answer = stage.fail(lease);
    return answer.kind === "retried" ? answer.runAt - stage.nowMs : 0;
  });
  assert.deepEqual(new Set(delays.slice(0, 14)), new Set([1_000]));
  const late = delays.slice(14);
  assert.ok(late.every((delayMs) => delayMs >= 300_000 && delayMs < 600_000));
  assert.equal(new Set(late).size, late.length);
});

test("no task's own policy takes it out of its queue's budget", () => {
  const stage = new DecisionStage();
  const hasty = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" } as const;
  const taskId = stage.submit({ maxRetries: 100, retry: hasty });
  let attempts = 0;
  for (const end = stage.nowMs + 300_000; stage.nowMs < end; stage.nowMs += 1_000) {
    stage.sweep();
    for (; stage.statusOf(taskId) === "pending"; attempts += 1) stage.fail(stage.claim());
  }
  assert.ok(attempts < 20, `there were ${attempts} attempts in five minutes`);
});
