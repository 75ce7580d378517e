import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Ranked, rankedBefore, SortedWindow } from "#actors/store/redis/sorted-window.ts";

const entry = (score: number, member = "m"): Ranked => ({ score, member });

test("a window that is not whole answers no more than it knows", () => {
  const window = new SortedWindow([entry(1), entry(2), entry(3)], false);
  assert.deepEqual(window.first(2), [entry(1), entry(2)]);
  assert.deepEqual(window.first(3), [entry(1), entry(2), entry(3)]);
  assert.equal(window.first(4), undefined);
});

test("a whole window answers with all there is", () => {
  assert.deepEqual(new SortedWindow([entry(1)], true).first(10), [entry(1)]);
  assert.deepEqual(new SortedWindow([], true).first(1), []);
});

test("what lies behind the bound is not noted, what lies before it is", () => {
  const window = new SortedWindow([entry(1), entry(5)], false);
  assert.equal(window.put(entry(6)), false);
  assert.equal(window.put(entry(3)), true);
  assert.deepEqual(window.first(3), [entry(1), entry(3), entry(5)]);
  assert.equal(window.put(entry(3)), false, "it is there already");
});

test("the bound stays when the last entry goes", () => {
  const window = new SortedWindow([entry(1), entry(5)], false);
  assert.equal(window.remove(entry(5)), true);
  assert.equal(window.put(entry(4)), true);
  assert.equal(window.put(entry(6)), false);
  assert.equal(window.first(3), undefined);
});

test("a window behaves as the first part of the set that it stands for", () => {
  const pairs = fc.array(fc.tuple(fc.nat(20), fc.constantFrom("a", "b", "c")), { maxLength: 40 });
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(20), fc.constantFrom("a", "b", "c")));
  const check = fc.property(pairs, fc.nat(20), steps, (given, known, changes) => {
    const all = new Map(given.map(([score, member]) => [`${score} ${member}`, { score, member }]));
    const sorted = (): Ranked[] => [...all.values()].sort(rankedBefore);
    const first = sorted().slice(0, known);
    const window = new SortedWindow(first, first.length < known);
    for (const [isPut, score, member] of changes) {
      const change = { score, member };
      if (isPut) {
        all.set(`${score} ${member}`, change);
        window.put(change);
      } else {
        all.delete(`${score} ${member}`);
        window.remove(change);
      }
      const answer = window.first(3);
      if (answer !== undefined) assert.deepEqual(answer, sorted().slice(0, 3));
    }
  });
  fc.assert(check, { seed: 7, numRuns: 500 });
});
