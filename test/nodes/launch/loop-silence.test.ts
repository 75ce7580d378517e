import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopSilence, type LoopVerdict } from "#nodes/launch/loop-silence.ts";

/** Verdicts at these times; at the `answered` ones an answer comes right after the look. */
function verdicts(
  blockedMsMax: number,
  times: readonly number[],
  answered: readonly number[] = [],
): readonly LoopVerdict[] {
  const silence = new LoopSilence(blockedMsMax, 0);
  return times.map((nowMs) => {
    const verdict = silence.look(nowMs);
    if (answered.includes(nowMs)) silence.answered();
    return verdict;
  });
}

test("it is looked ten times within the limit, and once a second at least", () => {
  assert.equal(new LoopSilence(1_000, 0).lookEveryMs, 100);
  assert.equal(new LoopSilence(600_000, 0).lookEveryMs, 1_000);
});

test("who answers is asked again, and who does not is blocked after the limit", () => {
  const times = [1, 2, 3, 4, 5, 6].map((second) => second * 1_000);
  assert.deepEqual(verdicts(3_000, [300, 600, 900], [300, 600, 900]), ["ask", "ask", "ask"]);
  assert.deepEqual(verdicts(10_000, times), ["ask", "wait", "wait", "wait", "wait", "wait"]);
  const looks = Array.from({ length: 11 }, (_, index) => (index + 1) * 1_000);
  assert.deepEqual(verdicts(10_000, looks).slice(-2), ["wait", "blocked"]);
});

test("silence begins anew with each question", () => {
  const looks = Array.from({ length: 20 }, (_, index) => (index + 1) * 1_000);
  assert.ok(!verdicts(10_000, looks, [9_000, 18_000]).includes("blocked"));
});

test("a time in which nobody looked counts for two looks at most", () => {
  assert.deepEqual(verdicts(10_000, [1_000, 3_600_000, 3_601_000]), ["ask", "wait", "wait"]);
});
