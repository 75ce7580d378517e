import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "#runtime/patterns/token-bucket.ts";

test("a full bucket gives its burst at once, then one token each 100 ms at ten a second", () => {
  const bucket = new TokenBucket({ tokensPerSecond: 10, burst: 3 });
  assert.deepEqual(
    [1, 1, 1, 1].map((tokens) => bucket.take(tokens, 50)),
    [0, 0, 0, 100],
  );
  assert.equal(bucket.take(1, 100), 50);
  assert.equal(bucket.take(1, 150), 0);
  assert.equal(bucket.tokensAt(150), 0);
  assert.equal(bucket.tokensAt(10_000), 3);
});

test("what can never be taken is refused, and takes nothing", () => {
  const bucket = new TokenBucket({ tokensPerSecond: 1, burst: 2 });
  for (const tokens of [3, 0, -1, Number.NaN]) {
    assert.throws(() => bucket.take(tokens, 0), { code: "invalid" });
  }
  assert.equal(bucket.take(2, 0), 0);
});

test("a rate or burst of nothing is refused", () => {
  for (const [tokensPerSecond, burst] of [
    [0, 1],
    [-1, 1],
    [Number.POSITIVE_INFINITY, 1],
    [1, 0.5],
    [Number.NaN, 1],
  ] as const) {
    assert.throws(() => new TokenBucket({ tokensPerSecond, burst }), { code: "invalid" });
  }
});

const specs = fc.record({
  tokensPerSecond: fc.double({ min: 0.01, max: 100_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 50 }),
});
const steps = fc.array(
  fc.record({
    pauseMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
    tokens: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 60 },
);

test("in no interval are more than rate * t + burst tokens given", () => {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      const bucket = new TokenBucket(spec);
      const taken: { atMs: number; tokens: number }[] = [];
      let now = 1_000;
      for (const { pauseMs, tokens } of list) {
        now += pauseMs;
        const wanted = Math.min(tokens, spec.burst);
        if (bucket.take(wanted, now) === 0) taken.push({ atMs: now, tokens: wanted });
      }
      for (const [first, { atMs }] of taken.entries()) {
        let sum = 0;
        for (const later of taken.slice(first)) {
          sum += later.tokens;
          const most = ((later.atMs - atMs) / 1_000) * spec.tokensPerSecond + spec.burst;
          assert.ok(sum <= most * (1 + 1e-9) + 1e-3, `${sum} of ${most}`);
        }
      }
    }),
  );
});

test("who waits as long as told gets the tokens, and not a millisecond earlier", () => {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      const bucket = new TokenBucket(spec);
      let now = 0;
      for (const { pauseMs, tokens } of list) {
        now += pauseMs;
        const wanted = Math.min(tokens, spec.burst);
        const waitMs = bucket.take(wanted, now);
        if (waitMs === 0) continue;
        if (waitMs > 1) assert.notEqual(bucket.take(wanted, now + waitMs - 1), 0);
        now += waitMs;
        assert.equal(bucket.take(wanted, now), 0);
      }
    }),
  );
});
