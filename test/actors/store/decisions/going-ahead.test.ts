import assert from "node:assert/strict";
import { test } from "node:test";
import { DecisionStage } from "./decision-stage.ts";

test("where priority counts for nothing, batches and likes go ahead as elsewhere", () => {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", agingMsPerLevel: 0 });
  for (const batchKey of ["a", "b", "a"]) {
    stage.submit({ batchKey });
    stage.nowMs += 1;
  }
  const near = stage.submit({ affinityTags: ["near"] });
  assert.equal(stage.claim({ tags: ["near"] }).taskId, near);
  const keys = stage.claimAll({ max: 2, batchMax: 2 }).map(({ batchKey }) => batchKey);
  assert.deepEqual(keys, ["a", "a"]);
});

test("nobody goes ahead of a task that came half a minute before", () => {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", agingMsPerLevel: 0 });
  const first = stage.submit();
  stage.nowMs += 30_001;
  stage.submit({ affinityTags: ["near"] });
  assert.equal(stage.claim({ tags: ["near"] }).taskId, first);
});
