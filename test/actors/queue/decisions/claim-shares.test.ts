import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claimant, claimShares } from "#actors/queue/decisions/claim-shares.ts";

const claimant = (terms: Partial<Claimant> = {}): Claimant => ({
  ...{ held: 0, free: 8, taskMs: 100, isAsked: true },
  ...terms,
});
const sharesOf = (claimants: readonly Claimant[], expected: number): readonly number[] =>
  claimShares(claimants, expected).map(({ share }) => share);
const maximaOf = (claimants: readonly Claimant[], expected: number): readonly number[] =>
  claimShares(claimants, expected).map(({ max }) => max);
const four = [claimant(), claimant(), claimant(), claimant()];

test("equal workers share what waits, and of what is left over the first has one more", () => {
  const rows = [
    [1, [1, 0, 0, 0]],
    [4, [1, 1, 1, 1]],
    [5, [2, 1, 1, 1]],
    [8, [2, 2, 2, 2]],
    [31, [8, 8, 8, 7]],
    [32, [8, 8, 8, 8]],
    [1_000, [8, 8, 8, 8]],
  ] as const;
  for (const [expected, shares] of rows) assert.deepEqual(sharesOf(four, expected), shares);
});

test("who is as fast as three others together gets as much as they do", () => {
  const workers = [claimant({ taskMs: 100 }), claimant({ taskMs: 300 }), claimant({ taskMs: 300 })];
  assert.deepEqual(sharesOf(workers, 5), [3, 1, 1]);
  const slow = [claimant(), claimant({ taskMs: 100_000 })];
  assert.deepEqual(sharesOf(slow, 8), [8, 0], "it would be done last with a single one");
});

test("who has tasks already gets fewer, and none more than it has slots for", () => {
  assert.deepEqual(sharesOf([claimant({ held: 3, free: 5 }), claimant()], 4), [1, 3]);
  assert.deepEqual(sharesOf([claimant({ free: 1 }), claimant()], 6), [1, 5]);
});

test("all free slots are asked for where nobody knows what waits, or nothing that was counted does", () => {
  for (const expected of [-3, 0, 32, 1_000, Number.POSITIVE_INFINITY]) {
    assert.deepEqual(maximaOf(four, expected), [8, 8, 8, 8], `${expected}`);
  }
  assert.deepEqual(claimShares([], 5), []);
});

test("who is asked behind all shares asks for whatever is left", () => {
  assert.deepEqual(maximaOf(four, 1), [8, 8, 8, 8], "as if nobody else were there");
  assert.deepEqual(maximaOf(four, 2), [1, 8, 8, 8]);
  assert.deepEqual(maximaOf(four, 8), [2, 2, 2, 8]);
});

test("what is meant for one that has a claim under way is left to it", () => {
  const workers = [claimant({ held: 1, free: 7 }), claimant({ isAsked: false })];
  assert.deepEqual(maximaOf(workers, 3).slice(0, 1), [1]);
  assert.deepEqual(sharesOf(workers, 3), [1, 2]);
});

test("any number of workers and tasks is shared without a rest", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const workers = Array.from({ length: 1 + (seed % 9) }, (_, index) =>
      claimant({
        held: (seed * 7 + index * 3) % 5,
        free: 1 + ((seed * 5 + index) % 8),
        taskMs: 0.37 * (1 + ((seed * index) % 1_009)) * 10 ** (index % 4),
      }),
    );
    const free = workers.reduce((sum, worker) => sum + worker.free, 0);
    for (let expected = 1; expected <= free; expected += 1) {
      const shares = claimShares(workers, expected);
      assert.equal(
        shares.reduce((sum, { share }) => sum + share, 0),
        expected,
      );
      for (const [index, { max, share }] of shares.entries()) {
        assert.ok(share <= max && max >= 1 && max <= (workers[index]?.free ?? 0));
      }
    }
  }
});
