// Which skills a worker of models tells.
import assert from "node:assert/strict";
import { it } from "node:test";
import { offeredSkills } from "#actors/inference/offered-skills.ts";

const nowMs = 5;
const finder = { kind: "detect-text", standing: "verified" } as const;
const eraser = { kind: "inpaint", standing: "unverified" } as const;

it("kinds are had in full, shown where files have a manifest; what is said comes besides", () => {
  const said = ["latin", { skill: "ocr", level: 0.5 }, { skill: "inpaint", level: 0.25 }];
  assert.deepEqual(offeredSkills({ said, kinds: [finder, eraser], nowMs }), [
    { skill: "detect-text", level: 1, verifiedAt: nowMs },
    { skill: "inpaint", level: 1, verifiedAt: null },
    { skill: "latin", level: 1, verifiedAt: null },
    { skill: "ocr", level: 0.5, verifiedAt: null },
  ]);
  assert.deepEqual(offeredSkills({ said: [], kinds: [], nowMs }), []);
});
