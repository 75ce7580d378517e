import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprintOf, normalisedDetail } from "#actors/errors/error-fingerprint.ts";
import type { FailedAttempt } from "#actors/errors/failed-attempt.ts";

const attempt: FailedAttempt = {
  ...{ class: "model", code: "model_failed", type: "inpaint", model: "lama" },
  ...{ detail: "", queue: "q", node: "n", isRetried: true, isOverBudget: false },
  ...{ taskId: "t", at: 0 },
};

const texts = [
  ["attempt 3 took longer than 1200 ms", "attempt # took longer than # ms"],
  ["cannot read /var/lib/troupe/a1.onnx", "cannot read <path>"],
  ["cannot read C:\\models\\a\\lama.onnx", "cannot read <path>"],
  ["no answer from https://host:8080/a?b=1 yet", "no answer from <url> yet"],
  ["task V1StGXR8_Z5jdHi6B-myT is gone", "task <id> is gone"],
  ["hash 9f86d081884c7d65 differs", "hash <id> differs"],
  ['lost: node "worker-12"  is\ngone', 'lost: node "worker-#" is gone'],
  ["1,024.5 of 2:30", "# of #"],
  ["plain words stay as they are", "plain words stay as they are"],
] as const;
for (const [detail, expected] of texts) {
  test(`"${detail.slice(0, 40)}" is told as what does not vary`, () => {
    assert.equal(normalisedDetail(detail), expected);
  });
}

test("the same error has the same fingerprint; another class, code, type or model another", () => {
  const detail = normalisedDetail("node 7 failed");
  const first = fingerprintOf(attempt, detail);
  assert.match(first, /^[0-9a-f]{16}$/);
  assert.equal(fingerprintOf({ ...attempt, taskId: "u", node: "m", at: 9 }, detail), first);
  const others = [{ class: "internal" }, { code: "c" }, { type: "t" }, { model: "m" }] as const;
  const prints = others.map((other) => fingerprintOf({ ...attempt, ...other }, detail));
  assert.equal(new Set([first, ...prints]).size, 5);
});

test("a long text without a break is told quickly, and cut", () => {
  for (const piece of ["a/", "a1-", "12", "\\x", "https://"]) {
    const begun = performance.now();
    assert.ok(normalisedDetail(piece.repeat(256)).length <= 256);
    assert.ok(performance.now() - begun < 100, piece);
  }
});
