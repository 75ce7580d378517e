import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBegin } from "#actors/queue/decisions/begin-check.ts";
import { Failure } from "#protocols/failure.ts";
import { waitMsMax } from "#protocols/tasks/task.ts";

const wallMs = 1_000_000;

const taken = [
  ["at once", {}],
  ["at once, and is to end soon", { deadlineMs: 1 }],
  ["before now", { runAt: wallMs - 5_000, deadlineMs: 1 }],
  ["as late as may be", { runAt: wallMs + waitMsMax }],
  ["a millisecond before it has to be over", { runAt: wallMs + 5_000, deadlineMs: 5_001 }],
] as const;
for (const [name, times] of taken) {
  test(`a task that begins ${name} is taken`, () => checkBegin(times, wallMs));
}

const refused = [
  ["when nobody remembers it", { runAt: wallMs + waitMsMax + 1 }, /more than 400 days from now/],
  [
    "when it has to be over",
    { runAt: wallMs + 5_000, deadlineMs: 5_000 },
    /runAt is 5000 ms from now, and deadlineMs is 5000, so that it would be over.*longer/,
  ],
  ["later", { runAt: wallMs + 5_000, deadlineMs: 1_000 }, /and deadlineMs is 1000/],
] as const;
for (const [name, times, text] of refused) {
  test(`a task that would begin ${name} is refused, and told why`, () => {
    assert.throws(
      () => checkBegin(times, wallMs),
      (error) => {
        const { code, detail } = Failure.of(error);
        assert.equal(code, "invalid");
        assert.match(detail, text);
        return true;
      },
    );
  });
}

test("a repetition of what was taken is not refused", () => {
  const times = { runAt: wallMs + 5_000, deadlineMs: 5_001 };
  for (const passedMs of [0, 4_000, 10_000]) checkBegin(times, wallMs + passedMs);
});
