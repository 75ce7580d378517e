import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskRequirements } from "#protocols/tasks/capability.ts";
import { type MatchedCapability, matchCapability } from "#protocols/tasks/capability-match.ts";
import { dependenciesIn } from "#protocols/tasks/skill-sight.ts";

const box: MatchedCapability = {
  cores: 4,
  memoryBytes: 8_000,
  diskBytes: 100,
  gpus: [{ vendor: "nvidia", name: "small", memoryBytes: 10, driver: null }],
  models: ["lama"],
  skills: [
    { skill: "inpaint", level: 1, verifiedAt: null },
    { skill: "ocr", level: 0.5, verifiedAt: null },
  ],
  tags: ["ssd"],
  slots: 1,
  platform: "linux",
  arch: "x64",
};
const unregistered = dependenciesIn([]);

test("who demands nothing is served anywhere, with the full score", () => {
  assert.deepEqual(matchCapability({}, box, unregistered), {
    kind: "fits",
    score: 1,
    optionalSkills: [],
    affinityTags: [],
  });
});

test("where no worker has slots nothing can be run, whatever else is there", () => {
  assert.deepEqual(matchCapability({ cores: 1 }, { ...box, slots: 0 }, unregistered), {
    kind: "unfit",
    lacks: ["it has no slots: no worker there takes tasks"],
  });
});

test("each demand fits up to its limit, and beyond it is named", () => {
  const cases: readonly (readonly [TaskRequirements, TaskRequirements, RegExp])[] = [
    [{ cores: 4 }, { cores: 5 }, /it has 4 cores, wanted are 5/],
    [{ memoryBytes: 8_000 }, { memoryBytes: 8_001 }, /8000 bytes of memory/],
    [{ diskBytes: 100 }, { diskBytes: 101 }, /100 bytes of disk/],
    [{ gpuMemoryBytes: 10 }, { gpuMemoryBytes: 11 }, /10 bytes of GPU memory/],
    [{ model: "lama" }, { model: "mat" }, /no model mat; it has lama/],
    [
      { requiredSkills: ["ocr"] },
      { requiredSkills: ["ocr", "upscale"] },
      /lacks the skill upscale/,
    ],
    [
      { requiredSkills: ["ocr"], skillLevel: 0.5 },
      { requiredSkills: ["ocr"], skillLevel: 0.6 },
      /skill ocr at 0.5, wanted is 0.6/,
    ],
    [{ platform: "linux" }, { platform: "darwin" }, /platform is linux, wanted is darwin/],
    [{ arch: "x64" }, { arch: "arm64" }, /architecture is x64/],
  ];
  for (const [within, beyond, reason] of cases) {
    assert.equal(matchCapability(within, box, unregistered).kind, "fits", JSON.stringify(within));
    const refused = matchCapability(beyond, box, unregistered);
    assert.ok(refused.kind === "unfit" && refused.lacks.length === 1, JSON.stringify(beyond));
    assert.match(refused.lacks[0] ?? "", reason);
  }
});

test("all that is missing is named at once", () => {
  const wanted = { cores: 9, model: "x", requiredSkills: ["a", "b", "a"], gpuMemoryBytes: 0 };
  const refused = matchCapability(wanted, { ...box, gpus: [] }, unregistered);
  assert.ok(refused.kind === "unfit");
  assert.deepEqual(refused.lacks, [
    "it has no model x; it has lama",
    "it lacks the skill a",
    "it lacks the skill b",
    "it has 4 cores, wanted are 9",
    "it has no GPU",
  ]);
});

test("optional skills count by their level, affinity tags in full, and none of them excludes", () => {
  const match = matchCapability(
    { optionalSkills: ["ocr", "upscale", "ocr"], affinityTags: ["ssd", "east"] },
    box,
    unregistered,
  );
  assert.deepEqual(match, {
    kind: "fits",
    score: (0.5 + 0 + 1 + 0) / 4,
    optionalSkills: ["ocr"],
    affinityTags: ["ssd"],
  });
});

test("a skill whose dependencies are missing is no skill, and the match says which they are", () => {
  const ties = dependenciesIn([{ skill: "ocr", dependsOn: ["detect-text"] }]);
  const refused = matchCapability({ requiredSkills: ["ocr"] }, box, ties);
  assert.ok(refused.kind === "unfit");
  assert.deepEqual(refused.lacks, ["its skill ocr rests on detect-text, which it lacks"]);
});
