import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ClaimAllowance } from "#actors/queue/claim-allowance.ts";
import { RateGate } from "#actors/queue/decisions/claim-rate.ts";
import { planOf } from "../queue-bench.ts";

test("a gate gives its burst at once, then one at a time at its pace", () => {
  const gate = new RateGate({ perSecond: 10, burst: 3 });
  assert.equal(gate.take(5, 0), 3);
  assert.equal(gate.take(1, 99), 0);
  assert.equal(gate.waitMs(99), 1);
  assert.equal(gate.take(5, 100), 1);
  assert.equal(gate.take(5, 100_000), 3, "a long pause saves up no more than the burst");
});

test("what is given back can be taken again at once", () => {
  const gate = new RateGate({ perSecond: 1, burst: 2 });
  assert.equal(gate.take(2, 0), 2);
  gate.giveBack(1);
  assert.equal(gate.waitMs(0), 0);
  assert.equal(gate.take(2, 0), 1);
});

test("in no stretch of time does a gate give more than its burst and its pace", () => {
  const taking = fc.record({
    afterMs: fc.integer({ min: 0, max: 3_000 }),
    wanted: fc.integer({ min: 0, max: 8 }),
    back: fc.integer({ min: 0, max: 8 }),
  });
  const run = (
    perSecond: number,
    burst: number,
    steps: readonly { afterMs: number; wanted: number; back: number }[],
  ) => {
    const gate = new RateGate({ perSecond, burst });
    const kept: { at: number; count: number }[] = [];
    let at = 0;
    for (const { afterMs, wanted, back } of steps) {
      at += afterMs;
      const taken = gate.take(wanted, at);
      assert.ok(taken <= wanted);
      gate.giveBack(Math.min(back, taken));
      kept.push({ at, count: taken - Math.min(back, taken) });
    }
    kept.forEach((first, index) => {
      let sum = 0;
      for (const { at: end, count } of kept.slice(index)) {
        sum += count;
        assert.ok(sum <= burst + ((end - first.at) * perSecond) / 1_000 + 1e-6);
      }
    });
  };
  const rate = fc.constantFrom(0.5, 3, 10, 1_000);
  fc.assert(fc.property(rate, fc.integer({ min: 1, max: 5 }), fc.array(taking), run));
});

const claimant = (node: string, queues: readonly string[]) => ({ node, queues });

test("workers share what a queue hands out; what one does not use another may have", () => {
  const allowance = new ClaimAllowance();
  allowance.plan([planOf("slow", { rate: { perSecond: 1, burst: 2 } }), planOf("free")]);
  assert.deepEqual(allowance.reserve(claimant("one", ["slow", "free"]), { free: 2, nowMs: 0 }), {
    slow: 2,
  });
  assert.equal(
    allowance.reserve(claimant("two", ["slow"]), { free: 2, nowMs: 0 }),
    undefined,
    "nothing is left",
  );
  assert.deepEqual(allowance.reserve(claimant("three", ["slow", "free"]), { free: 2, nowMs: 0 }), {
    slow: 0,
  });
  assert.deepEqual(allowance.used("one", [{ queue: "free" }, { queue: "slow" }]), ["two", "three"]);
  assert.deepEqual(allowance.reserve(claimant("two", ["slow"]), { free: 2, nowMs: 0 }), {
    slow: 1,
  });
  assert.deepEqual(allowance.used("two", [{ queue: "slow" }]), []);
  assert.equal(allowance.againMs(0), 1_000, "two could have had more");
  for (let nowMs = 1; nowMs < 1_000; nowMs += 4) {
    assert.equal(allowance.againMs(nowMs), undefined, "the moment is not put off");
  }
  assert.deepEqual(allowance.released(), ["two"]);
  assert.equal(allowance.againMs(1_000), undefined);
});

test("without limited queues nothing is held back", () => {
  const allowance = new ClaimAllowance();
  assert.deepEqual(allowance.reserve(claimant("one", ["default"]), { free: 2, nowMs: 0 }), {});
  assert.deepEqual(allowance.used("one", []), []);
  assert.equal(allowance.againMs(0), undefined);
});
