import assert from "node:assert/strict";
import { test } from "node:test";
import { memorySlope } from "../../../bench/inference/memory-slope.ts";

/** A hundred samples, each after a hundred requests. */
const samples = (bytesAt: (requests: number) => number) =>
  Array.from({ length: 100 }, (_, index) => {
    const requests = 100 * (index + 1);
    return { requests, bytes: bytesAt(requests) };
  });

test("what each request leaves behind is found under a collector's comings and goings", () => {
  const sawtooth = (requests: number): number => ((requests / 100) % 7) * 3_000_000;
  const flat = memorySlope(samples((requests) => 200_000_000 + sawtooth(requests)));
  assert.ok(Math.abs(flat.bytes) < 700, `${flat.bytes}`);
  const leak = memorySlope(samples((requests) => 200_000_000 + 2_048 * requests));
  assert.deepEqual(leak, { bytes: 2_048, min: 2_048, max: 2_048 });
  const both = memorySlope(samples((requests) => sawtooth(requests) + 2_048 * requests));
  assert.ok(both.bytes > 1_300, `${both.bytes}`);
});

test("a step in the middle shows in the spread, and a single peak not at all", () => {
  const step = memorySlope(samples((requests) => (requests > 7_000 ? 10_000_000 : 0)));
  assert.equal(step.min, 0);
  assert.equal(step.max, 2_000);
  const peak = memorySlope(samples((requests) => (requests === 5_000 ? 900_000_000 : 0)));
  assert.deepEqual(peak, { bytes: 0, min: 0, max: 0 });
});

test("fewer than ten samples tell nothing", () => {
  assert.throws(() => memorySlope(samples(() => 1).slice(0, 9)), { code: "invalid" });
  assert.equal(memorySlope(samples(() => 1).slice(0, 10)).bytes, 0);
});
