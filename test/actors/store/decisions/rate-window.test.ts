import assert from "node:assert/strict";
import { test } from "node:test";
import { drainMs, lately, turned, windowFrom } from "#actors/store/decisions/rate-window.ts";

test("what is older than ten seconds fades, and after twenty is forgotten", () => {
  const window = { ...windowFrom(0), claims: 100 };
  const claims = [0, 9_999, 10_000, 12_500, 19_999, 20_000].map((nowMs) =>
    Math.round(lately(window, "claims", nowMs)),
  );
  assert.deepEqual(claims, [100, 100, 100, 75, 0, 0]);
});

test("a window that turns keeps the counts of the one before", () => {
  const now = turned({ ...windowFrom(0), ended: 5 }, 15_000);
  assert.deepEqual([now.startedAt, now.ended, now.endedBefore], [10_000, 0, 5]);
});

test("draining takes as long as the recent rate says; nothing is known while nothing ends", () => {
  const window = { ...windowFrom(0), ended: 20 };
  assert.equal(drainMs(window, 100, 5_000), 50_000);
  assert.equal(drainMs(windowFrom(0), 100, 5_000), null);
});
