import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { freeNow, givenBackAt, takenAt, waitMs } from "#actors/store/decisions/claim-rate.ts";

/** As a store keeps it: one moment. */
class Gate {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  #dueMs = 0;
  constructor(perSecond: number, burst: number) {
    this.#rate = { perSecond, burst };
  }
  take(wanted: number, nowMs: number): number {
    const taken = Math.min(wanted, freeNow(this.#rate, this.#dueMs, nowMs));
    for (let count = 0; count < taken; count += 1) {
      this.#dueMs = takenAt(this.#rate, this.#dueMs, nowMs);
    }
    return taken;
  }
  giveBack(count: number): void {
    for (let index = 0; index < count; index += 1) {
      this.#dueMs = givenBackAt(this.#rate, this.#dueMs);
    }
  }
  waitMs(nowMs: number): number {
    return waitMs(this.#rate, this.#dueMs, nowMs);
  }
}

test("a gate gives its burst at once, then one at a time at its pace", () => {
  const gate = new Gate(10, 3);
  assert.equal(gate.take(5, 1_000), 3);
  assert.equal(gate.take(1, 1_099), 0);
  assert.equal(gate.waitMs(1_099), 1);
  assert.equal(gate.take(5, 1_100), 1);
  assert.equal(gate.take(5, 100_000), 3, "a long pause saves up no more than the burst");
});

test("what is given back can be taken again at once", () => {
  const gate = new Gate(1, 2);
  assert.equal(gate.take(2, 1), 2);
  gate.giveBack(1);
  assert.equal(gate.waitMs(1), 0);
  assert.equal(gate.take(2, 1), 1);
});

test("after a clock that went back by years counting begins anew", () => {
  const gate = new Gate(1, 2);
  assert.equal(gate.take(2, 1e12), 2);
  assert.equal(gate.waitMs(1), 0);
  assert.equal(gate.take(3, 1), 2);
  assert.equal(gate.waitMs(1), 1_000);
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
    const gate = new Gate(perSecond, burst);
    const kept: { at: number; count: number }[] = [];
    let at = 1_000_000;
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
        assert.ok(sum <= burst + ((end - first.at) * perSecond) / 1_000 + 1e-3);
      }
    });
  };
  const rate = fc.constantFrom(0.5, 3, 10, 1_000);
  fc.assert(fc.property(rate, fc.integer({ min: 1, max: 5 }), fc.array(taking), run));
});
