import assert from "node:assert/strict";
import { test } from "node:test";
import { dependenciesIn, levelsOf, skillSight } from "#protocols/tasks/skill-sight.ts";

const ties = dependenciesIn([
  { skill: "ocr", dependsOn: ["detect"] },
  { skill: "detect", dependsOn: ["decode"] },
  { skill: "ring", dependsOn: ["gnir"] },
  { skill: "gnir", dependsOn: ["ring"] },
]);
const brokenOf = (held: readonly string[]) => [...skillSight(held, ties).broken];
const usableOf = (held: readonly string[]) => [...skillSight(held, ties).levels.keys()];

test("a skill counts when all that it rests on is there, down to the last", () => {
  assert.deepEqual(brokenOf(["ocr", "detect", "decode"]), []);
  assert.deepEqual(usableOf(["ocr", "detect", "strange"]), ["strange"]);
  assert.deepEqual(brokenOf(["ocr", "detect", "strange"]), [
    ["ocr", ["decode"]],
    ["detect", ["decode"]],
  ]);
  assert.deepEqual(brokenOf(["ring"]), [["ring", ["gnir"]]]);
  assert.deepEqual(usableOf(["ring", "gnir"]), ["ring", "gnir"]);
});

test("a skill that is named alone is had in full, and twice as well as it is said at best", () => {
  const held = [
    "a",
    { skill: "b", level: 0.25 },
    { skill: "b", level: 0.5 },
    { skill: "c", level: 0 },
  ];
  assert.deepEqual(
    [...levelsOf(held)],
    [
      ["a", 1],
      ["b", 0.5],
      ["c", 0],
    ],
  );
});
