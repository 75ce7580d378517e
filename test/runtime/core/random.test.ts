import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { randomIndex, SeededRandom, seedFrom } from "#runtime/core/random.ts";

// The algorithm once more, in arithmetic that cannot overflow.
function reference(seed: readonly number[], count: number): readonly number[] {
  const mask = 0xffff_ffffn;
  const rotate = (word: bigint, bits: bigint) => ((word << bits) | (word >> (32n - bits))) & mask;
  let [a = 0n, b = 0n, c = 0n, d = 0n] = seed.map((word) => BigInt(word));
  return Array.from({ length: count }, () => {
    const result = (rotate((b * 5n) & mask, 7n) * 9n) & mask;
    const shifted = (b << 9n) & mask;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11n);
    return Number(result);
  });
}

const word = fc.integer({ min: 0, max: 0xffff_ffff });

test("the generator is xoshiro128**: first words of the seed 1, 2, 3, 4", () => {
  const random = new SeededRandom([1, 2, 3, 4]);
  const words = Array.from({ length: 4 }, () => random.nextWord());
  assert.deepEqual(words, [11520, 0, 5927040, 70819200]);
});

test("any seed gives the numbers that the definition gives", () => {
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), (seed) => {
      fc.pre(seed.some((part) => part !== 0));
      const random = new SeededRandom(seed);
      assert.deepEqual(
        Array.from({ length: 20 }, () => random.nextWord()),
        reference(seed, 20),
      );
    }),
  );
});

test("equal integers give equal runs, neighbours give different ones", () => {
  const run = (integer: number) => {
    const random = new SeededRandom(seedFrom(integer));
    return Array.from({ length: 5 }, () => random.next());
  };
  assert.deepEqual(run(7), run(7));
  assert.equal(new Set([0, 1, 2, -1, 2 ** 32, 2 ** 52].map((seed) => run(seed).join())).size, 6);
});

test("a seed of zeros still gives different numbers", () => {
  const random = new SeededRandom([0, 0, 0, 0]);
  const numbers = Array.from({ length: 100 }, () => random.next());
  assert.ok(new Set(numbers).size > 95);
});

test("numbers stay at least 0 and below 1 and fill the range evenly", () => {
  const random = new SeededRandom(seedFrom(1));
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index++) {
    const number = random.next();
    assert.ok(number >= 0 && number < 1);
    const bin = Math.floor(number * 10);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  // Standard deviation of a bin is 95.
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts));
});

test("an index never reaches its count", () => {
  const highest = { next: () => 1 - 2 ** -53 };
  assert.equal(randomIndex(highest, 1), 0);
  assert.equal(randomIndex(highest, 3), 2);
  assert.equal(randomIndex(highest, 2 ** 32), 2 ** 32 - 1);
});
