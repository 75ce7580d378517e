// Who may have a task is judged by the store at each claim, by the queue when it tells why nobody takes a
// task, and by the registry when it is asked who could: over any register, need and worker they agree.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { unmetOf } from "#actors/queue/decisions/lacks.ts";
import { giftsOf } from "#actors/queue/pooled-worker.ts";
import { skillTable } from "#actors/store/records/node-tables.ts";
import { matchCapability } from "#protocols/tasks/capability-match.ts";
import { dependenciesIn, levelsOf } from "#protocols/tasks/skill-sight.ts";
import { DecisionStage } from "../../store/decisions/decision-stage.ts";

const names = ["a", "b", "c", "d"] as const;
const name = fc.constantFrom(...names);
const level = fc.constantFrom(0, 0.25, 0.5, 1);
const held = fc.array(fc.oneof(name, fc.record({ skill: name, level })), { maxLength: 5 });
const gpus = fc.array(fc.record({ memoryBytes: fc.nat({ max: 2 }) }), { maxLength: 1 });
const machine = fc.option(
  fc.record({
    ...{ platform: fc.constant("linux"), arch: fc.constant("x64"), gpus },
    ...{ cores: fc.integer({ min: 1, max: 3 }), memoryBytes: fc.constant(9) },
    diskBytes: fc.constant(9),
  }),
  { nil: undefined },
);
const demand = fc.oneof(
  fc.constant({}),
  fc.record({ cores: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ gpuMemoryBytes: fc.nat({ max: 2 }) }),
);
const task = fc.record({
  model: fc.constantFrom("m", "n"),
  requiredSkills: fc.array(name, { maxLength: 3 }),
  skillLevel: level,
  machine: demand,
});
/** Rings and unknown skills, too: an older store may have them. */
const register = fc.uniqueArray(
  fc.record({ skill: name, dependsOn: fc.array(name, { maxLength: 2 }) }),
  { selector: ({ skill }) => skill, maxLength: 4 },
);

test("store, queue and registry agree on who can run what", () => {
  const seen = { claimed: 0, left: 0 };
  fc.assert(
    fc.property(task, held, machine, register, (wanted, skills, has, known) => {
      const stage = new DecisionStage();
      for (const { skill, dependsOn } of known) {
        const row = { skill, dependsOn: [...dependsOn], description: null, version: null };
        stage.records.put(skillTable, { ...row, createdAt: 0 }, undefined);
      }
      stage.submit(wanted);
      const [kind] = stage.do("waitingKinds");
      assert.ok(kind);
      const worker = { node: "w", models: ["m"], skills, machine: has };
      const gifts = giftsOf(worker, dependenciesIn(known));
      const lacks = unmetOf(kind, [{ node: "w", queues: ["default"], gifts }]);
      const { machine: _, ...silent } = worker;
      const offered = has === undefined ? silent : { ...silent, machine: has };
      const claimed = stage.claimAll(offered).length === 1;
      assert.equal(claimed, lacks.length === 0, lacks.join("; "));
      seen[claimed ? "claimed" : "left"] += 1;
      if (has === undefined) return;
      const capability = {
        ...{ ...has, models: ["m"], tags: [], slots: 1 },
        gpus: has.gpus.map(({ memoryBytes }) => ({
          ...{ memoryBytes, vendor: "other" as const, name: "g", driver: null },
        })),
        skills: [...levelsOf(skills)].map(([skill, at]) => ({
          skill,
          level: at,
          verifiedAt: null,
        })),
      };
      const { model, requiredSkills, skillLevel } = wanted;
      const requirements = { model, requiredSkills, skillLevel, ...wanted.machine };
      const match = matchCapability(requirements, capability, dependenciesIn(known));
      assert.equal(match.kind === "fits", claimed);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(seen.claimed > 100 && seen.left > 100, JSON.stringify(seen));
});
