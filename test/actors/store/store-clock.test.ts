import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreClock } from "#actors/store/store-clock.ts";

const readings = (list: readonly (readonly [wallMs: number, monotonicMs: number])[]) => {
  const clock = new StoreClock();
  return list.map(([wallMs, monotonicMs]) => clock.read({ wallMs, monotonicMs }));
};

test("the clock follows the wall", () => {
  assert.deepEqual(
    readings([
      [1_000, 50],
      [1_010, 60],
      [1_020, 70],
    ]),
    [1_000, 1_010, 1_020],
  );
});

test("a wall clock that is set back neither turns time back nor stops it", () => {
  assert.deepEqual(
    readings([
      [9_000, 50],
      [1_000, 60.5],
      [1_010, 70.5],
    ]),
    [9_000, 9_010, 9_020],
  );
});

test("a clock that is raised goes on from there, until the wall has caught up", () => {
  const clock = new StoreClock();
  clock.raise(5_000);
  const read = (wallMs: number, monotonicMs: number) => clock.read({ wallMs, monotonicMs });
  assert.equal(read(1_000, 70_000), 5_000);
  assert.equal(read(1_010, 70_010), 5_010);
  assert.equal(read(9_000, 70_020), 9_000);
  clock.raise(8_000);
  assert.equal(read(9_001, 70_021), 9_001, "what is past raises nothing");
});

test("time that the machine slept through counts", () => {
  assert.deepEqual(
    readings([
      [1_000, 50],
      [60_000, 51],
    ]),
    [1_000, 60_000],
  );
});
