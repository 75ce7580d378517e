import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { EventLoopDelay } from "#runtime/host/event-loop-delay.ts";

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("a block that begins right after a reading is seen by the next reading", async () => {
  const delay = new EventLoopDelay(5);
  await wait(30);
  delay.read();
  block(120);
  await wait(30);
  const reading = delay.read();
  delay.stop();
  assert.ok(reading.msMax >= 100, String(reading.msMax));
  assert.ok(reading.msP50 <= reading.msP99 && reading.msP99 <= reading.msMax);
});

test("a block in the middle of a period is seen, and forgotten after it was read", async () => {
  const delay = new EventLoopDelay(5);
  await wait(30);
  block(120);
  await wait(30);
  const seen = delay.read();
  // On a busy machine one quiet period may be spoilt, not ten in a row.
  let after = seen;
  for (let round = 0; round < 10 && after.msMax >= seen.msMax; round++) {
    await wait(50);
    after = delay.read();
  }
  delay.stop();
  assert.ok(seen.msMax >= 100, String(seen.msMax));
  assert.ok(after.msMax < seen.msMax);
});

test("a block is seen even when it is read before the loop has turned", () => {
  const delay = new EventLoopDelay(5);
  delay.read();
  block(100);
  const reading = delay.read();
  delay.stop();
  assert.ok(reading.msMax >= 80, String(reading.msMax));
});

test("a reading with nothing measured is small and finite", () => {
  const delay = new EventLoopDelay();
  const reading = delay.read();
  delay.stop();
  for (const ms of Object.values(reading)) assert.ok(Number.isFinite(ms) && ms >= 0);
});

test("a pace outside 1 to 10 ms is refused", () => {
  for (const pace of [0, 11, 2.5, Number.NaN]) {
    assert.throws(() => new EventLoopDelay(pace), { code: "invalid" });
  }
});
