import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusals } from "#actors/queue/refusals.ts";
import { queueLimits } from "#protocols/queue-limits.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

const full: SubmitResult = { kind: "full", limit: "tasks", pending: 3, retryAfterMs: 1_500 };
const created: SubmitResult = { kind: "created", taskId: "t", ack: "durable", evicted: null };

test("who was refused is told by which queue, until the submission is taken", () => {
  const refusals = new Refusals();
  refusals.note("key", "tight", full);
  refusals.note(undefined, "tight", full);
  assert.deepEqual(refusals.of("key"), { queue: "tight", retryAfterMs: 1_500 });
  refusals.note("key", "tight", created);
  assert.equal(refusals.of("key"), null);
  assert.deepEqual(refusals.figures, { kept: 0, forgotten: 0 });
});

test("so many refusals are kept; the oldest is forgotten, and counted", () => {
  const refusals = new Refusals();
  for (let index = 0; index <= queueLimits.refusalsKeptMax; index += 1) {
    refusals.note(`key ${index}`, "tight", full);
  }
  assert.deepEqual(refusals.figures, { kept: queueLimits.refusalsKeptMax, forgotten: 1 });
  assert.equal(refusals.of("key 0"), null);
  assert.notEqual(refusals.of("key 1"), null);
});
