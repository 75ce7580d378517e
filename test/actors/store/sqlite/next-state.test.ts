import assert from "node:assert/strict";
import { test } from "node:test";
import { afterFailure, afterLostLease } from "#actors/store/sqlite/next-state.ts";
import { storePolicyDefault } from "#actors/store/sqlite/store-policy.ts";

const end = { taskId: "t", attempt: 1, isCancelRequested: false, nowMs: 1_000 };
const failure = { ...end, isRetryable: true, retryCount: 0, retriesMax: 3 };

test("the same attempt always gets the same delay, another task or attempt another", () => {
  const runAt = (changes: object) => {
    const next = afterFailure(
      { ...failure, retryCount: 20, retriesMax: 99, ...changes },
      storePolicyDefault,
    );
    assert.ok(next.kind === "waiting");
    return next.runAt;
  };
  assert.equal(runAt({}), runAt({}));
  assert.notEqual(runAt({}), runAt({ attempt: 2 }));
  assert.notEqual(runAt({}), runAt({ taskId: "u" }));
});

test("delays double up to a minute and fill the whole range", () => {
  for (const [retryCount, delayMsMax] of [
    [0, 200],
    [1, 400],
    [8, 51_200],
    [9, 60_000],
    [90, 60_000],
  ] as const) {
    const delays = Array.from({ length: 500 }, (_, index) => {
      const next = afterFailure(
        { ...failure, taskId: `t${index}`, retryCount, retriesMax: 99 },
        storePolicyDefault,
      );
      return next.kind === "waiting" ? next.runAt - end.nowMs : -1;
    });
    assert.ok(Math.min(...delays) >= 0 && Math.min(...delays) < delayMsMax * 0.05);
    assert.ok(Math.max(...delays) <= delayMsMax && Math.max(...delays) > delayMsMax * 0.95);
  }
});

test("what a failed attempt leads to", () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ retryCount: 2 }, "scheduled"],
    [{ retryCount: 3 }, "failed"],
    [{ retriesMax: 0 }, "failed"],
    [{ isRetryable: false }, "failed"],
    [{ isCancelRequested: true }, "cancelled"],
    [{ isCancelRequested: true, isRetryable: false }, "cancelled"],
  ];
  for (const [changes, status] of cases) {
    assert.equal(afterFailure({ ...failure, ...changes }, storePolicyDefault).status, status);
  }
});

test("what a lost lease leads to", () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ lostLeases: 0 }, "pending"],
    [{ lostLeases: 1 }, "scheduled"],
    [{ lostLeases: 2 }, "scheduled"],
    [{ lostLeases: 3 }, "failed"],
    [{ lostLeases: 0, isCancelRequested: true }, "cancelled"],
  ];
  for (const [changes, status] of cases) {
    assert.equal(
      afterLostLease({ ...end, lostLeases: 0, ...changes }, storePolicyDefault).status,
      status,
    );
  }
});
