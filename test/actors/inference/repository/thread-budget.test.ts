import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { ThreadBudget, type ThreadShare } from "#actors/inference/repository/thread-budget.ts";

const wish = (config: object = {}) => settingsOf(config, "config.json");

describe("threads of engines", () => {
  const cases: readonly [string, { slots: number; each?: number }, object, number, number][] = [
    ["all processors, where one runs at a time", { slots: 1 }, {}, 5, 8],
    ["all of them, where there is but one engine", { slots: 4 }, {}, 1, 8],
    ["alike, for as many as run at a time", { slots: 2 }, {}, 5, 4],
    ["alike, for the instances of one version", { slots: 9 }, { instances: 3 }, 3, 2],
    ["at least one", { slots: 64 }, {}, 64, 1],
    ["what the node states for each", { slots: 1, each: 3 }, {}, 1, 3],
    ["what the model says", { slots: 2, each: 3 }, { threads: { intraOp: 5 } }, 1, 5],
  ];
  for (const [name, { slots, each = null }, config, engines, expected] of cases) {
    it(`are ${name}`, () => {
      const budget = new ThreadBudget({ processors: 8, each, slots });
      assert.equal(budget.ask(wish(config), [], engines).intraOp, expected);
    });
  }

  it("that are more than there are processors are told of, and counted", () => {
    const budget = new ThreadBudget({ processors: 4, each: null, slots: 2 });
    const held: ThreadShare[] = [];
    const first = budget.ask(wish(), held, 1);
    assert.deepEqual([first.intraOp, first.note], [4, ""]);
    held.push(first);
    const second = budget.ask(wish({ threads: { intraOp: 3, interOp: 2 } }), held, 2);
    assert.equal(
      second.note,
      "4 threads in each of 1 engines: with what else is loaded up to 8 run at a time, on 4 processors (less threads.intraOp, instances or slots would do)",
    );
    const [bound] = budget.bounds;
    assert.deepEqual(bound, { bound: "engineThreads", max: 4, highest: 8, reached: 1 });
    budget.holds(held);
    assert.equal(budget.bounds[0]?.highest, 4);
  });

  it("are not told of where each runs with one, but are more for who would be added", () => {
    const budget = new ThreadBudget({ processors: 1, each: null, slots: 2 });
    const first = budget.ask(wish(), [], 2);
    const second = budget.ask(wish({ backend: "opencv" }), [first], 2);
    assert.deepEqual(
      [first, second].map(({ threads, note }) => [threads, note]),
      [
        [1, ""],
        [1, ""],
      ],
    );
    assert.equal(budget.bounds[0]?.highest, 2);
    assert.match(budget.excess(second, [first]) ?? "", /up to 2 run at a time, on 1 processors/);
  });

  it("of OpenCV are one, whatever else there is", () => {
    const budget = new ThreadBudget({ processors: 1, each: null, slots: 2 });
    const { threads, note } = budget.ask(wish({ backend: "opencv" }), [], 0);
    assert.deepEqual([threads, note], [1, ""]);
  });
});
