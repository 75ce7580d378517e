import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptMs, nextAttempt } from "#actors/control/attempt-plan.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";

const failed = (attempt: number, code: "timeout" | "invalid", leftMs: number) =>
  nextAttempt({ attempt, failure: new Failure(code, "x"), leftMs, chance: 0.5 });

test("what may help is tried again until there were enough attempts, and nothing else", () => {
  assert.equal(failed(1, "timeout", 10_000).kind, "again");
  assert.equal(failed(controlLimits.attemptsMax - 1, "timeout", 10_000).kind, "again");
  assert.equal(failed(controlLimits.attemptsMax, "timeout", 10_000).kind, "over");
  assert.equal(failed(1, "invalid", 10_000).kind, "over");
});

test("no attempt begins after the deadline", () => {
  assert.equal(failed(1, "timeout", 10).kind, "over");
  const next = failed(1, "timeout", 100);
  assert.ok(next.kind === "again" && next.delayMs < 100);
});

test("attempts share what is left, and the last one may use it up to the bound", () => {
  assert.equal(attemptMs(1, 3_000), 1_000);
  assert.equal(attemptMs(controlLimits.attemptsMax, 900), 900);
  assert.equal(attemptMs(1, 1_000_000), controlLimits.attemptMsMax);
  assert.equal(attemptMs(1, 0), 1);
});
