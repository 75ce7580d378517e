import assert from "node:assert/strict";
import { test } from "node:test";
import { WaitBuckets, waitAt } from "#protocols/tasks/wait-buckets.ts";

const counted = (...waits: readonly number[]): Uint8Array => {
  const buckets = new WaitBuckets();
  for (const ms of waits) buckets.add(ms);
  return buckets.bytes;
};

test("a percentile of waits is right to a fifth, from a millisecond to four hours", () => {
  for (let ms = 1; ms < 4 * 3_600_000; ms *= 1.37) {
    const found = waitAt(0.5, counted(ms)) ?? Number.NaN;
    assert.ok(found / ms > 0.8 && found / ms < 1.2, `${ms} ms is read as ${found}`);
  }
});

test("the half and the hundredth are those of what was counted", () => {
  const waits = Array.from({ length: 100 }, (_, index) => (index < 98 ? 10 : 5_000));
  const bytes = counted(...waits);
  assert.ok(Math.abs((waitAt(0.5, bytes) ?? 0) - 10) < 2);
  assert.ok(Math.abs((waitAt(0.99, bytes) ?? 0) - 5_000) < 1_000);
  assert.equal(waitAt(0.5, counted()), null);
});

test("waits at the edges are counted, not lost", () => {
  for (const ms of [0, -1, Number.NaN, 0.2, 1, 1e12, Number.POSITIVE_INFINITY]) {
    assert.ok((waitAt(1, counted(ms)) ?? 0) > 0, `${ms}`);
  }
});
