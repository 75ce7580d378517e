import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BucketRuns } from "#actors/inference/batching/bucket-runs.ts";

/** Runs that take as long whatever their size: 60 ms. */
function shared(sizes: readonly number[] = [1, 8]): BucketRuns {
  const runs = new BucketRuns();
  for (const size of sizes) runs.measured(size, 60);
  return runs;
}

/** So many could run at once; the others came then, and after them one much later. */
function passed(runs: BucketRuns, size: number, ...cameMs: readonly number[]): void {
  const startMs = 1_000_000;
  runs.waitUntilMs(size, startMs);
  runs.left();
  for (const ms of cameMs) runs.came(startMs + ms);
  runs.came(startMs + 1_000);
}

function passedOften(runs: BucketRuns, size: number, ...cameMs: readonly number[]): void {
  for (let time = 0; time < 3; time += 1) passed(runs, size, ...cameMs);
}

describe("how long a run takes", () => {
  const rows: readonly (readonly [
    string,
    readonly (readonly [number, number])[],
    number,
    number,
  ])[] = [
    ["nothing measured: no time", [], 3, 0],
    ["a size that was measured", [[3, 20]], 3, 20],
    [
      "between two sizes: on the line",
      [
        [1, 10],
        [5, 30],
      ],
      2,
      15,
    ],
    ["below the smallest: in proportion", [[4, 20]], 1, 5],
    [
      "above the largest: in proportion",
      [
        [1, 7],
        [2, 10],
      ],
      4,
      20,
    ],
  ];
  for (const [name, measured, size, ms] of rows) {
    it(name, () => {
      const runs = new BucketRuns();
      for (const [of, took] of measured) runs.measured(of, took);
      assert.equal(runs.expectedMs(size), ms);
    });
  }
});

const waited = (runs: BucketRuns, size: number): number => {
  runs.left();
  return runs.waitUntilMs(size, 2_000_000) - 2_000_000;
};

describe("how long waiting pays", () => {
  const after = (hits: number, misses: number): BucketRuns => {
    const runs = shared();
    for (let time = 0; time < hits; time += 1) passed(runs, 1, 10);
    for (let time = 0; time < misses; time += 1) passed(runs, 1);
    return runs;
  };

  it("not at all before others have come early enough, three times", () => {
    assert.equal(waited(shared(), 1), 0);
    assert.equal(waited(after(2, 0), 1), 0);
    assert.equal(waited(after(3, 0), 1), 60, "for as long as the run that it saves");
  });

  it("no more when they came too late for that, three times", () => {
    assert.equal(waited(after(20, 2), 1), 60);
    assert.equal(waited(after(20, 3), 1), 0);
  });

  const chances: readonly (readonly [string, number, readonly number[], boolean])[] = [
    ["nobody came", 1, [], false],
    ["one came early: it waits less than the first one more", 1, [20], true],
    ["one came late: the first would wait longer than it saves the other", 1, [45], false],
    ["late, but many: each of them waits less", 1, [45, 45, 46, 46], true],
    ["seven would wait for one", 7, [30], false],
    ["one early and one late: waiting for the early one pays", 1, [5, 59], true],
  ];
  for (const [name, size, cameMs, isWorthIt] of chances) {
    it(`as the time of all together says: ${name}`, () => {
      const runs = shared();
      passedOften(runs, size, ...cameMs);
      assert.equal(waited(runs, size) > 0, isWorthIt);
    });
  }

  it("from when they could run first, however often it is asked and whoever comes", () => {
    const runs = shared();
    passedOften(runs, 1, 10);
    runs.left();
    assert.equal(runs.waitUntilMs(1, 3_000_000), 3_000_060);
    assert.equal(runs.waitUntilMs(1, 3_000_050), 3_000_060);
    runs.came(3_000_055);
    assert.equal(runs.waitUntilMs(2, 3_000_055), 3_000_060);
  });

  it("a larger size goes by the next smaller one, until it is known", () => {
    const runs = shared();
    passedOften(runs, 1, 10);
    assert.equal(waited(runs, 5), 60);
    runs.came(2_001_000);
    assert.equal(waited(runs, 5), 0);
    assert.equal(waited(runs, 2), 60);
  });

  it("not where a run of two takes as long as two runs, or nearly", () => {
    const runs = new BucketRuns();
    for (const [size, ms] of [
      [1, 10],
      [2, 18],
      [3, 28],
    ] as const) {
      runs.measured(size, ms);
    }
    for (const size of [1, 2]) {
      passedOften(runs, size, 0, 0, 0);
      assert.equal(waited(runs, size), 0);
    }
  });

  it("not where only one size was ever run: what it would save is not known", () => {
    const runs = shared([1]);
    passedOften(runs, 1, 0);
    assert.equal(waited(runs, 1), 0);
  });
});
