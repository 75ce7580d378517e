import assert from "node:assert/strict";
import { test } from "node:test";
import { RestartPolicy } from "#nodes/launch/restart-policy.ts";
import { launcherDefault } from "#nodes/topology/topology-expansion.ts";

const plan = {
  ...launcherDefault,
  restartsMax: 4,
  withinMs: 1_000,
  backoff: { delayMsMin: 100, delayMsMax: 500, factor: 2, jitter: 0.5 },
};
const delays = (ends: readonly (readonly [number, number, number])[]): readonly unknown[] => {
  const policy = new RestartPolicy(plan);
  return ends.map(([nowMs, readyMs, chance]) => {
    const decision = policy.decide({ cause: "trouble", nowMs, readyMs, chance });
    return decision.kind === "restart" ? decision.delayMs : decision.reason;
  });
};

test("delays grow up to their ceiling, and chance takes off at most the jitter's share", () => {
  assert.deepEqual(
    delays([
      [0, 0, 0],
      [10, 0, 0],
      [20, 0, 0],
      [30, 0, 0],
    ]),
    [50, 100, 200, 250],
  );
  const chance = 0.999_999;
  assert.deepEqual(
    delays([
      [0, 0, chance],
      [10, 0, chance],
      [20, 0, chance],
      [30, 0, chance],
    ]),
    [100, 200, 400, 500],
  );
});

test("one end more than the window allows gives up; ends that fell out do not count", () => {
  const gaveUp = "it ended more than 4 times within 1000 ms";
  const five = [0, 1, 2, 3, 4].map((nowMs) => [nowMs, 0, 0] as const);
  assert.equal(delays(five).at(-1), gaveUp);
  const spread = [0, 300, 600, 900, 1_000].map((nowMs) => [nowMs, 0, 0] as const);
  assert.equal(delays(spread).at(-1), 250);
});

test("a node that was ready for a whole window starts with the least delay again", () => {
  assert.deepEqual(
    delays([
      [0, 0, 0],
      [10, 0, 0],
      [5_000, 999, 0],
      [9_000, 1_000, 0],
    ]),
    [50, 100, 200, 50],
  );
});

test("ends that were ordered count in no window, and leave the delays of the others as they are", () => {
  const policy = new RestartPolicy(plan);
  const decide = (cause: "trouble" | "order", nowMs: number) =>
    policy.decide({ cause, nowMs, readyMs: 0, chance: 0 });
  const delayOf = (decision: ReturnType<typeof decide>): unknown =>
    decision.kind === "restart" ? decision.delayMs : decision.reason;
  for (let nowMs = 0; nowMs < 50; nowMs += 1) assert.equal(delayOf(decide("order", nowMs)), 50);
  const troubles = [60, 61, 62, 63].map((nowMs) => delayOf(decide("trouble", nowMs)));
  assert.deepEqual(troubles, [50, 100, 200, 250]);
  assert.equal(delayOf(decide("order", 64)), 50);
  assert.equal(decide("trouble", 65).kind, "give-up");
});
