import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextSize, sizingOf } from "#runtime/patterns/pool-size.ts";

const sizing = sizingOf({ min: 2, max: 8, growAbove: 4, shrinkBelow: 1, calmChecks: 3 });
const at = (workers: number, load: number, calm = 0) => nextSize(sizing, { workers, load, calm });

test("a pool grows above its threshold, at most to the double and to its max", () => {
  assert.deepEqual(at(2, 8), { workers: 2, calm: 0 });
  assert.deepEqual(at(2, 9), { workers: 3, calm: 0 });
  assert.deepEqual(at(2, 1_000), { workers: 4, calm: 0 });
  assert.deepEqual(at(6, 1_000), { workers: 8, calm: 0 });
  assert.deepEqual(at(8, 1_000), { workers: 8, calm: 0 });
});

test("it shrinks by one after so many calm checks in a row, never below its min", () => {
  assert.deepEqual(at(4, 2, 0), { workers: 4, calm: 1 });
  assert.deepEqual(at(4, 2, 1), { workers: 4, calm: 2 });
  assert.deepEqual(at(4, 2, 2), { workers: 3, calm: 0 });
  assert.deepEqual(at(4, 3, 2), { workers: 4, calm: 0 });
  assert.deepEqual(at(2, 0, 2), { workers: 2, calm: 0 });
});

test("numbers that contradict one another are refused", () => {
  for (const size of [
    0,
    1.5,
    2_000,
    { min: 3, max: 2 },
    { min: 1, max: 2, shrinkBelow: 5, growAbove: 4 },
    { min: 1, max: 2, calmChecks: 0 },
    { min: 1, max: 2, checkEveryMs: 0 },
    { min: 1, max: 2, checkEveryMs: Number.POSITIVE_INFINITY },
  ]) {
    assert.throws(() => sizingOf(size), { code: "invalid" });
  }
});

test("under a steady load the size settles, and never grows after it has shrunk", () => {
  const specs = fc
    .record({
      min: fc.integer({ min: 1, max: 5 }),
      more: fc.nat(20),
      growAbove: fc.double({ min: 0.5, max: 10, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      calmChecks: fc.integer({ min: 1, max: 4 }),
    })
    .map(({ min, more, growAbove, share, calmChecks }) =>
      sizingOf({ min, max: min + more, growAbove, shrinkBelow: growAbove * share, calmChecks }),
    );
  fc.assert(
    fc.property(specs, fc.nat(100), fc.nat(30), (spec, load, start) => {
      let look = { workers: start, calm: 0 };
      let hasShrunk = false;
      for (let check = 0; check < 200; check += 1) {
        const next = nextSize(spec, { ...look, load });
        assert.ok(next.workers >= spec.min && next.workers <= spec.max);
        if (check > 0 && next.workers > look.workers) assert.ok(!hasShrunk);
        if (check > 0 && next.workers < look.workers) hasShrunk = true;
        look = next;
      }
      assert.equal(nextSize(spec, { ...look, load }).workers, look.workers);
    }),
  );
});
