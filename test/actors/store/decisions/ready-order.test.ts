import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byRank, firstServed } from "#actors/store/decisions/ready-order.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { RunnerGifts } from "#protocols/tasks/capability-match.ts";
import { dependenciesIn, skillSight } from "#protocols/tasks/skill-sight.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { DecisionStage } from "./decision-stage.ts";

const gifts = (models: readonly string[], skills: readonly string[] = []): RunnerGifts => ({
  models: new Set(models),
  skills: skillSight(skills, dependenciesIn([])),
  machine: undefined,
});

/** Counts what is read of lanes. */
class CountingShelf extends MemoryShelf {
  reads = 0;

  override ready(queue: string, needs: string, max: number) {
    this.reads += 1;
    return super.ready(queue, needs, max);
  }
}

function crowdedStage(waiting: readonly Partial<TaskSubmission>[]) {
  const stage = new DecisionStage();
  const shelf = new CountingShelf();
  stage.shelf = shelf;
  for (const changes of waiting) {
    stage.nowMs += 1;
    stage.submit(changes);
  }
  return { stage, shelf };
}

const many = (changes: (index: number) => Partial<TaskSubmission>) =>
  Array.from({ length: 1_000 }, (_, index) => changes(index));

for (const [what, changes] of [
  ["batch keys", (index: number) => ({ batchKey: `key ${index}` })],
  ["skills that the worker has", (index: number) => ({ requiredSkills: [`skill ${index}`] })],
] as const) {
  test(`of a thousand ${what} a claim looks at as many lanes as it takes tasks`, () => {
    const { stage, shelf } = crowdedStage(many(changes));
    const skills = Array.from({ length: 1_000 }, (_, index) => `skill ${index}`);
    const first = firstServed(shelf, gifts(["m"], skills), { queue: "default", max: 8 });
    assert.deepEqual(
      first.map(({ taskId }) => taskId),
      ["id-1", "id-2", "id-3", "id-4", "id-5", "id-6", "id-7", "id-8"],
    );
    assert.ok(shelf.reads <= 10, `it read ${shelf.reads} lanes`);
    shelf.reads = 0;
    assert.equal(stage.claimAll({ max: 8, skills, batchMax: 4 }).length, 8);
    assert.ok(shelf.reads <= 8 * 4 + 2, `it read ${shelf.reads} lanes`);
  });
}

test("what no worker could run is passed over without a look at its tasks", () => {
  const { shelf } = crowdedStage([...many((index) => ({ model: `x${index}` })), { model: "m" }]);
  const first = firstServed(shelf, gifts(["m"]), { queue: "default", max: 8 });
  assert.deepEqual([first.map(({ taskId }) => taskId), shelf.reads], [["id-1001"], 1]);
});

const waiting = fc.record({
  model: fc.constantFrom("m", "n", "o"),
  batchKey: fc.option(fc.constantFrom("a", "b", "c", "d"), { nil: undefined }),
  priority: fc.integer({ min: 0, max: 9 }),
});

test("whatever waits and is taken away, the first of all lanes come in their order", () => {
  const history = fc.array(fc.oneof(waiting, fc.constant("claim" as const)), { maxLength: 60 });
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 20 }), (acts, max) => {
      const stage = new DecisionStage();
      for (const act of acts) {
        stage.nowMs += 1_000;
        if (act === "claim") stage.claimAll({ max: 2, models: ["m", "n"] });
        else {
          const { batchKey, ...changes } = act;
          stage.submit({ ...changes, ...(batchKey === undefined ? {} : { batchKey }) });
        }
      }
      const { tasks } = stage.shelf.list({ limit: 1_000 });
      const expected = tasks
        .filter(({ status, model }) => status === "pending" && model !== "o")
        .sort(byRank)
        .slice(0, max);
      const found = firstServed(stage.shelf, gifts(["m", "n"]), { queue: "default", max });
      assert.deepEqual(
        found.map(({ taskId }) => taskId),
        expected.map(({ taskId }) => taskId),
      );
    }),
    { numRuns: 200 },
  );
});
