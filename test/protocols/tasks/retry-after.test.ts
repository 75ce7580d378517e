// What an error says about the next attempt's moment, wherever it says it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import {
  foreignRetryAfterMsMax,
  retryAfterMsIn,
  retryAfterMsMax,
} from "#protocols/tasks/retry-after.ts";

const busy = () => new Failure("unavailable", "busy");
const answered = (headers: unknown) =>
  Object.assign(new Error("429"), { response: { status: 429, headers } });

const table: readonly (readonly [string, unknown, number | undefined])[] = [
  ["a failure that says nothing", busy(), undefined],
  ["a failure that says how long", busy().retryAfter(60_000), 60_000],
  ["at once", busy().retryAfter(0), 0],
  ["less than nothing", busy().retryAfter(-1), undefined],
  ["no number", busy().retryAfter(Number.NaN), undefined],
  ["a part of a millisecond", busy().retryAfter(0.5), 1],
  ["for ever", busy().retryAfter(Number.POSITIVE_INFINITY), retryAfterMsMax],
  ["one more than the most", busy().retryAfter(retryAfterMsMax + 1), retryAfterMsMax],
  ["any error", Object.assign(new Error("busy"), { retryAfterMs: 7 }), 7],
  ["a word for a number", Object.assign(new Error("busy"), { retryAfterMs: "7" }), undefined],
  ["a cause", new Failure("unavailable", "x", busy().retryAfter(9)), 9],
  ["the outermost", new Failure("internal", "x", busy().retryAfter(9)).retryAfter(4), 4],
  ["a header of fetch", answered(new Headers({ "Retry-After": "2" })), 2_000],
  ["a plain header", answered({ "retry-after": "2" }), 2_000],
  ["a header of days", answered({ "retry-after": "864000" }), foreignRetryAfterMsMax],
  ["a date", answered({ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }), undefined],
  ["nothing at all", undefined, undefined],
  ["a text", "busy", undefined],
];

for (const [name, error, expected] of table) {
  test(`what asks to be left alone: ${name}`, () => {
    assert.equal(retryAfterMsIn(error), expected);
    assert.equal(classifyFailure(error, { isCancelled: false }).retryAfterMs, expected);
  });
}

test("what throws when it is read, or goes round in a ring, says nothing", () => {
  const trap = {
    get retryAfterMs(): number {
      throw new Error("do not look");
    },
  };
  assert.equal(retryAfterMsIn(trap), undefined);
  const ring = new Error("a");
  ring.cause = ring;
  assert.equal(retryAfterMsIn(ring), undefined);
});
