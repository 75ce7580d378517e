import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProgressReport } from "#protocols/tasks/store.ts";
import { DecisionStage, refOf } from "./decision-stage.ts";

function running() {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  const lease = refOf(stage.claim());
  const report = (progress: number, changes: Partial<ProgressReport> = {}) => {
    const answer = stage.do("progress", { lease, progress, message: `${progress}`, ...changes });
    const { progress: kept, progressMessage, version } = stage.do("view", taskId) ?? {};
    const { kind: said, ...more } = answer;
    return { answer: said, ...more, kept, progressMessage, version };
  };
  return { stage, lease, report };
}

test("progress is written at most once a second, never goes back, and is no transition", () => {
  const { stage, report } = running();
  const done = { answer: "done", version: 2 };
  assert.deepEqual(report(0.5), { ...done, kept: 0.5, progressMessage: "0.5" });
  stage.nowMs += 999;
  const early = { ...done, answer: "early", retryAfterMs: 1 };
  assert.deepEqual(report(0.6), { ...early, kept: 0.5, progressMessage: "0.5" });
  stage.nowMs += 1;
  assert.deepEqual(report(0.3), { ...done, kept: 0.5, progressMessage: "0.3" });
  assert.deepEqual(report(0.1, { isReset: true }), { ...done, kept: 0.1, progressMessage: "0.1" });
});

test("a checkpoint is kept at once, and by every attempt until there is a newer one", () => {
  const { stage, lease, report } = running();
  report(0.5);
  const checkpoint = Uint8Array.of(1);
  report(0.6, { checkpoint });
  stage.do("release", lease);
  const second = stage.claim();
  assert.deepEqual(second.checkpoint, checkpoint);
  stage.do("release", refOf(second));
  assert.deepEqual(stage.claim().checkpoint, checkpoint);
  assert.equal(report(0.7).answer, "lost");
});
