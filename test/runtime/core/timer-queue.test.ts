// What stays of timers that were cancelled long before their time, as the timeouts of asks are.
import assert from "node:assert/strict";
import { it } from "node:test";
import { TimerQueue } from "#runtime/core/timer-queue.ts";

/** A queue on a clock that the test turns; every alarm is rung at its time. */
function queueAt() {
  let nowMs = 0;
  let alarm: { readonly dueMs: number; readonly ring: () => void } | undefined;
  const timers = {
    set: (dueMs: number, ring: () => void) => {
      alarm = { dueMs, ring };
    },
    clear: () => {
      alarm = undefined;
    },
  };
  const queue = new TimerQueue({ now: () => nowMs, wall: () => nowMs }, timers);
  const turnTo = (ms: number): void => {
    while (alarm && alarm.dueMs <= ms) {
      const { dueMs, ring } = alarm;
      alarm = undefined;
      nowMs = Math.max(nowMs, dueMs);
      ring();
    }
    nowMs = ms;
  };
  return { queue, turnTo };
}

it("cancelled timers keep nothing, however far their time is", () => {
  const { queue, turnTo } = queueAt();
  let most = 0;
  for (let ms = 0; ms < 200_000; ms++) {
    turnTo(ms);
    queue.cancel(queue.set(ms + 600_000, assert.fail));
    most = Math.max(most, queue.bucketCount);
  }
  assert.ok(most <= 1_024, `${most} buckets`);
});

it("those that stand ring in order at their times, whatever is thrown away beside them", () => {
  const { queue, turnTo } = queueAt();
  const rung: number[] = [];
  const kept: number[] = [];
  for (let at = 1; at <= 20_000; at++) {
    // By a step that has no divisor in common with the range: no order, each once.
    const dueMs = 1 + ((at * 7_919) % 20_011);
    const timer = queue.set(dueMs, () => rung.push(dueMs));
    if (at % 10 === 0) kept.push(dueMs);
    else queue.cancel(timer);
  }
  assert.ok(queue.bucketCount <= 2 * kept.length + 1_024, `${queue.bucketCount} buckets`);
  turnTo(30_000);
  assert.deepEqual(
    rung,
    kept.sort((a, b) => a - b),
  );
  assert.equal(queue.bucketCount, 0);
});

it("timers that are set while others ring are swept and rung, too", () => {
  const { queue, turnTo } = queueAt();
  let rung = 0;
  queue.set(1, () => {
    for (let at = 0; at < 5_000; at++) queue.cancel(queue.set(10 + at, assert.fail));
    queue.set(5_000, () => {
      rung += 1;
    });
  });
  turnTo(10_000);
  assert.equal(rung, 1);
});
