import assert from "node:assert/strict";
import { test } from "node:test";
import { Throughput } from "#actors/queue/throughput.ts";

test("what happened within the window counts per second of the window", () => {
  const throughput = new Throughput(10);
  for (let index = 0; index < 20; index += 1) throughput.note(100_000 + index * 100);
  assert.equal(throughput.perSecond(102_000), 2);
});

test("what happened before the window is forgotten", () => {
  const throughput = new Throughput(10);
  throughput.note(5_000);
  throughput.note(14_999);
  assert.equal(throughput.perSecond(14_999), 0.2);
  assert.equal(throughput.perSecond(15_000), 0.1);
  assert.equal(throughput.perSecond(25_000), 0);
  assert.equal(throughput.perSecond(9_000_000), 0);
});
