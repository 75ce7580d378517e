import assert from "node:assert/strict";
import { test } from "node:test";
import { migrationLimits } from "#protocols/cluster/migration.ts";
import { AckHold } from "#runtime/cluster/migration/ack-hold.ts";

test("nothing from the first message that waits is acknowledged, until its move is over", () => {
  const hold = new AckHold();
  assert.equal(hold.acknowledgeable(10, 0), 10);
  hold.hold(1, { sequence: 11, sinceMs: 0 });
  hold.hold(1, { sequence: 13, sinceMs: 0 });
  hold.hold(2, { sequence: 15, sinceMs: 0 });
  assert.equal(hold.acknowledgeable(20, 1), 10);
  hold.release(1);
  assert.equal(hold.acknowledgeable(20, 1), 14);
  hold.release(2);
  assert.equal(hold.acknowledgeable(20, 1), 20);
});

test("a hold that lasts too long, or holds too much, is given up and counted", () => {
  const hold = new AckHold();
  hold.hold(1, { sequence: 5, sinceMs: 0 });
  const atBound = 5 + migrationLimits.ackHeldMax - 1;
  assert.equal(hold.acknowledgeable(atBound, migrationLimits.ackHeldMsMax - 1), 4);
  assert.equal(hold.acknowledgeable(atBound, migrationLimits.ackHeldMsMax), atBound);
  hold.hold(2, { sequence: 5, sinceMs: 0 });
  assert.equal(hold.acknowledgeable(atBound + 1, 0), atBound + 1);
  assert.equal(hold.givenUpCount, 2);
});
