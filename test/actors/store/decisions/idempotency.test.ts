import assert from "node:assert/strict";
import { test } from "node:test";
import { ownKey } from "#protocols/tasks/idempotency-keys.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { file, submission } from "../submissions.ts";
import { DecisionStage, startMs } from "./decision-stage.ts";

const hourMs = 3_600_000;
const keyed = (changes: Parameters<typeof submission>[0] = {}) =>
  submission({ idempotencyKey: "k", inputs: [file("image", 10)], ...changes });

test("a repetition is answered with the first one's task, in whatever state that is", () => {
  const stage = new DecisionStage();
  const first = stage.do("submit", keyed({ ack: "accepted" }));
  assert.ok(first.kind === "created");
  const again = { kind: "replayed", taskId: first.taskId, ack: "accepted" };
  assert.deepEqual(stage.do("submit", keyed()), again);
  assert.deepEqual(stage.do("submit", keyed({ runAt: startMs + 5, maxRetries: 9 })), again);
  stage.complete(stage.claim());
  assert.deepEqual(stage.do("submit", keyed()), again);
  assert.equal(stage.do("counts").completed, 1);
});

const others: readonly Partial<TaskSubmission>[] = [
  { type: "other" },
  { model: "other" },
  { queue: "other" },
  { priority: 3 },
  { parameters: { a: 1 } },
  { inputs: [] },
  { inputs: [file("image", 11)] },
  { requiredSkills: ["gpu"] },
];
for (const other of others) {
  test(`the same key with another ${Object.keys(other)} is a conflict`, () => {
    const stage = new DecisionStage();
    const first = stage.do("submit", keyed());
    assert.ok(first.kind === "created");
    const conflict = { kind: "conflict", taskId: first.taskId };
    assert.deepEqual(stage.do("submit", keyed(other)), conflict);
  });
}

test("keys of different scopes do not meet; a user is a scope", () => {
  const stage = new DecisionStage();
  const scopes = [
    {},
    { userId: "ann" },
    { userId: "bob" },
    { userId: "default" },
    { idempotencyScope: "batch" },
  ];
  for (const scope of scopes) assert.equal(stage.do("submit", keyed(scope)).kind, "created");
  const named = { userId: "bob", idempotencyScope: "batch" };
  assert.equal(stage.do("submit", keyed(named)).kind, "replayed");
});

test("a key is forgotten after a day, but not while its task is known", () => {
  const stage = new DecisionStage();
  const first = stage.do("submit", keyed());
  assert.ok(first.kind === "created");
  stage.nowMs += 25 * hourMs;
  stage.sweep();
  assert.equal(stage.do("submit", keyed()).kind, "replayed", "it has not even begun");
  stage.complete(stage.claim());
  stage.nowMs += 23 * hourMs;
  stage.sweep();
  assert.equal(stage.do("submit", keyed()).kind, "replayed");
  stage.nowMs += 2 * hourMs;
  stage.sweep();
  assert.equal(stage.do("submit", keyed()).kind, "created", "neither key nor task is left");
});

test("a queue that wants keys refuses what comes without one", () => {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", isKeyRequired: true });
  assert.throws(() => stage.submit(), { code: "invalid", message: /idempotencyKey/ });
  const madeUp = { idempotencyKey: ownKey("by whoever submits") };
  assert.throws(() => stage.submit(madeUp), { code: "invalid", message: /idempotencyKey/ });
  stage.submit({ idempotencyKey: "k" });
});
