import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SortedList } from "#actors/store/sorted-list.ts";

const newList = () => new SortedList<number>((a, b) => a - b);

test("it holds what an array that is sorted after each step holds", () => {
  const step = fc.record({ isAdded: fc.boolean(), item: fc.nat(2_000) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 3_000, size: "max" }),
      fc.nat(2_000),
      (steps, probe) => {
        const list = newList();
        const model = new Set<number>();
        for (const { isAdded, item } of steps) {
          if (isAdded) {
            list.add(item);
            model.add(item);
          } else {
            assert.equal(list.remove(item), model.delete(item));
          }
        }
        const sorted = [...model].sort((a, b) => a - b);
        assert.deepEqual([...list.from(() => false)], sorted);
        assert.deepEqual(
          [...list.from((item) => item < probe)],
          sorted.filter((item) => item >= probe),
        );
        assert.deepEqual(list.take(probe), sorted.slice(0, probe));
        assert.deepEqual(
          [list.size, list.first, list.last],
          [sorted.length, sorted[0], sorted.at(-1)],
        );
      },
    ),
    { numRuns: 30 },
  );
});

test("an empty list has nothing", () => {
  const list = newList();
  assert.deepEqual([list.size, list.first, list.last, list.take(5)], [0, undefined, undefined, []]);
  assert.deepEqual([...list.from(() => true)], []);
  assert.equal(list.remove(1), false);
});

test("items that come in any order over many chunks come out in order", () => {
  const list = newList();
  const count = 20_000;
  // 7,919 is prime to the count, so every number comes once.
  for (let n = 0; n < count; n += 1) list.add((n * 7_919) % count);
  assert.deepEqual(
    [...list.from(() => false)],
    Array.from({ length: count }, (_, n) => n),
  );
  for (let n = 0; n < count; n += 2) assert.ok(list.remove(n));
  assert.deepEqual(list.take(3), [1, 3, 5]);
  assert.equal(list.size, count / 2);
});

test("a list is read against its order, from the last that is before a place", () => {
  const list = newList();
  for (let item = 0; item < 2_000; item += 1) list.add((item * 7) % 2_000);
  const down = [...list.downFrom((item) => item < 1_500)];
  assert.equal(down.length, 1_500);
  assert.deepEqual(down.slice(0, 3), [1_499, 1_498, 1_497]);
  assert.equal(down.at(-1), 0);
  assert.deepEqual([...list.downFrom(() => false)], []);
  assert.deepEqual([...newList().downFrom(() => true)], []);
});
