import assert from "node:assert/strict";
import { test } from "node:test";
import { healthOf } from "#actors/registry/node-health.ts";
import { sampleLoad } from "./sample-capability.ts";

test("a node is well below all bounds, and before it has said its load", () => {
  for (const load of [null, sampleLoad]) {
    assert.deepEqual(healthOf(load), { level: "well", reasons: [] });
  }
});

test("each figure strains at its bound, not below, and makes ill at the next one", () => {
  const cases = [
    ["machineMemoryPercent", 89.9, 90, 97, /90 % of its memory/],
    ["diskPercent", 89.9, 90, 97, /90 % of its disk/],
    ["eventLoopDelayMsP99", 199, 200, 1_000, /late by 200 ms/],
    ["crashesInMinute", 0, 1, 5, /1 of its actors crashed/],
  ] as const;
  for (const [figure, below, strained, ill, reason] of cases) {
    assert.equal(healthOf({ ...sampleLoad, [figure]: below }).level, "well", figure);
    const health = healthOf({ ...sampleLoad, [figure]: strained });
    assert.equal(health.level, "strained", figure);
    assert.match(health.reasons[0] ?? "", reason);
    assert.equal(healthOf({ ...sampleLoad, [figure]: ill }).level, "ill", figure);
  }
  const busy = healthOf({ ...sampleLoad, machineCpuPercent: 100, diskPercent: 98 });
  assert.equal(busy.level, "ill");
  assert.deepEqual(busy.reasons, ["its processors are busy to 100 %", "98 % of its disk is used"]);
});
