import assert from "node:assert/strict";
import { test } from "node:test";
import { PassClock } from "#runtime/observation/pass-clock.ts";
import { HandClock } from "./observed-stage.ts";

function stage() {
  const later: (() => void)[] = [];
  const hand = new HandClock();
  const executor = {
    soon: (task: () => void) => task(),
    later: (task: () => void) => void later.push(task),
  };
  return { hand, later, clock: new PassClock(hand, executor) };
}

test("within one pass the real clock is looked at once in 65 calls", () => {
  const { hand, clock } = stage();
  for (let call = 0; call < 65; call += 1) clock.now();
  assert.equal(hand.looks, 1);
  hand.nowMs = 8;
  assert.equal(clock.now(), 8);
  assert.equal(hand.looks, 2);
});

test("a new pass sees a new instant, however long nothing happened", () => {
  const { hand, later, clock } = stage();
  assert.equal(clock.now(), 0);
  hand.nowMs = 60_000;
  assert.equal(clock.now(), 0);
  for (const task of later.splice(0)) task();
  assert.equal(clock.now(), 60_000);
  assert.equal(later.length, 1, "one task a pass");
});
