import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusals } from "#actors/queue/refusals.ts";
import { queueLimits } from "#protocols/queue-limits.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

const full: SubmitResult = { kind: "full", limit: "tasks", pending: 3, retryAfterMs: 1_500 };
const created: SubmitResult = { kind: "created", taskId: "t", ack: "durable", evicted: null };

test("who was refused is told by which queue, until the submission is taken", () => {
  const refusals = new Refusals();
  refusals.note({ key: "key", queue: "tight" }, full);
  refusals.note({ key: undefined, queue: "tight" }, full);
  assert.deepEqual(refusals.of("key"), { queue: "tight", retryAfterMs: 1_500 });
  refusals.note({ key: "key", queue: "tight" }, created);
  assert.equal(refusals.of("key"), null);
  assert.deepEqual(refusals.figures, { kept: 0, forgotten: 0, refused: [] });
});

test("so many refusals are kept; the oldest is forgotten, and counted", () => {
  const refusals = new Refusals();
  for (let index = 0; index <= queueLimits.refusalsKeptMax; index += 1) {
    refusals.note({ key: `key ${index}`, queue: "tight" }, full);
  }
  const { kept, forgotten } = refusals.figures;
  assert.deepEqual({ kept, forgotten }, { kept: queueLimits.refusalsKeptMax, forgotten: 1 });
  assert.equal(refusals.of("key 0"), null);
  assert.notEqual(refusals.of("key 1"), null);
});

test("a submission is refused once, however often it is tried, by whomever", () => {
  const refusals = new Refusals();
  const tight = (key: string | undefined) => ({ key, queue: "tight" });
  for (let tries = 0; tries < 5; tries += 1) refusals.note(tight("waits"), full);
  assert.deepEqual(refusals.figures.refused, [], "nobody was told yet");
  for (let comes = 0; comes < 3; comes += 1) {
    refusals.note(tight("waits"), full);
    refusals.told(tight("waits"), full);
  }
  for (let comes = 0; comes < 2; comes += 1) refusals.told(tight(undefined), full);
  refusals.told(tight("taken"), created);
  refusals.told({ key: "other", queue: "wide" }, { ...full, limit: "user" });
  assert.deepEqual(refusals.figures.refused, [
    { queue: "tight", limit: "tasks", count: 3 },
    { queue: "wide", limit: "user", count: 1 },
  ]);
});
