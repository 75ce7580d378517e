import assert from "node:assert/strict";
import { test } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import type { FreeWorker } from "#protocols/tasks/claim-request.ts";
import { DecisionStage } from "./decision-stage.ts";

const near: FreeWorker = {
  ...{ queues: ["default"], models: ["m"], skills: ["latin"], tags: ["near"] },
  slots: 1,
};

for (const wish of [{ affinityTags: ["near"] }, { optionalSkills: ["latin"] }]) {
  const name = Object.keys(wish).join();
  test(`${name}: a task is left to the free worker that has the wish, for a moment`, () => {
    const stage = new DecisionStage();
    const taskId = stage.submit(wish);
    assert.deepEqual(stage.claimAll({ free: [near] }), []);
    stage.nowMs += storeLimits.claimWishMsMax - 1;
    assert.deepEqual(stage.claimAll({ free: [near] }), []);
    stage.nowMs += 1;
    assert.equal(stage.claimAll({ free: [near] })[0]?.taskId, taskId);
  });

  test(`${name}: no more is left than the other has room for, nor what it cannot run`, () => {
    const stage = new DecisionStage();
    const [first, second] = [stage.submit(wish), stage.submit(wish)];
    const taken = stage.claimAll({ free: [near], max: 4 });
    assert.deepEqual(
      taken.map(({ taskId }) => taskId),
      [second],
    );
    const elsewhere = { ...near, queues: ["other"] };
    const unable = { ...near, models: ["x"] };
    assert.equal(stage.claimAll({ free: [elsewhere, unable] })[0]?.taskId, first);
  });
}

test("who has the wish, and a task without wishes, is not kept waiting", () => {
  const stage = new DecisionStage();
  const plain = stage.submit();
  assert.equal(stage.claimAll({ free: [near] })[0]?.taskId, plain);
  const wished = stage.submit({ affinityTags: ["near"] });
  assert.equal(stage.claimAll({ free: [near], tags: ["near"] })[0]?.taskId, wished);
});

test("with a rate, the wait for what is left to a free worker is that moment, and a look behind it", () => {
  const stage = new DecisionStage();
  const rates = { default: { all: { perSecond: 100, burst: 10 } } };
  const request = { node: "a", incarnation: 1, models: ["m"], max: 4, rates, free: [near] };
  stage.submit({ affinityTags: ["near"] });
  assert.deepEqual(stage.claimAll(request), []);
  assert.equal(stage.do("claimDelay", request), storeLimits.claimWishMsMax);
  stage.nowMs += 40;
  assert.equal(stage.do("claimDelay", request), storeLimits.claimWishMsMax - 40);
  stage.submit({ affinityTags: ["near"] });
  assert.equal(stage.do("claimDelay", request), 0, "the other has room for one alone");
});
