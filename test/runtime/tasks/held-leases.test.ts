import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldLeases } from "#runtime/tasks/held-leases.ts";

const lease = (fence: number, grantedAtMs?: number) => ({
  ...{ taskId: "t", fence, epoch: "e", attempt: 1, type: "x", model: "m", queue: "q" },
  ...{ parameters: {}, inputs: [], leaseMs: 8_000, timeoutMs: null, checkpoint: null },
  confirmations: [],
  ...(grantedAtMs === undefined ? {} : { grantedAtMs }),
});

test("a lease is held a quarter less than it lasts, from when it came if nobody says more", () => {
  const held = new HeldLeases();
  assert.equal(held.take(lease(1), 1_000)?.endsAtMs, 7_000);
  assert.equal(held.take(lease(2, 5_000), 1_000)?.endsAtMs, 7_000, "not from the future");
});

test("a lease that came late is held for what is left of it", () => {
  const held = new HeldLeases();
  assert.equal(held.take(lease(1, 1_000), 6_000)?.endsAtMs, 7_000);
  assert.deepEqual(held.expired(7_000), [{ taskId: "t", fence: 1, epoch: "e" }]);
});

test("a lease that may have ended before it came is not begun, and the one before it is given up", () => {
  const held = new HeldLeases();
  const former = held.take(lease(1), 500);
  assert.equal(held.take(lease(2, 1_000), 7_000), undefined);
  assert.equal(former?.abort.signal.aborted, true);
  assert.equal(held.size, 0);
});
