// One picture through a gateway that answers as a test says, on a clock that a test turns.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type RepairPorts, repairPicture } from "#nodes/cli/batch/picture-repair.ts";
import { type RepairTerms, repairTask } from "#nodes/cli/batch/repair-terms.ts";
import { patienceMs } from "#nodes/cli/patience.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";

const terms: RepairTerms = { model: "diffuse", versions: [1], strategy: undefined };
const content = { image: Buffer.from("i"), mask: Buffer.from("m") };
const taskOf = (changed: Partial<typeof content> = {}, wanted = terms) =>
  repairTask({ name: "a.png", ...content, ...changed }, wanted);

/** Submissions fail with these codes, one after the other, and then always with the last. */
function refusing(...codes: readonly FailureCode[]) {
  const stop = new AbortController();
  let nowMs = 0;
  let asked = 0;
  const ports: RepairPorts = {
    client: {
      submit: () => {
        const code = codes[Math.min(asked, codes.length - 1)] ?? "internal";
        asked += 1;
        return Promise.reject(new Failure(code, "not now"));
      },
      repairedBy: () => Promise.resolve({ kind: "pending" }),
    },
    offered: { confirm: () => Promise.resolve() },
    signal: stop.signal,
    troubled: () => {},
    pause: async (ms) => {
      nowMs += ms;
      if (nowMs > 3 * patienceMs) stop.abort();
    },
    now: () => nowMs,
  };
  const end = repairPicture(taskOf(), ports).catch((cause: unknown) => Failure.of(cause));
  return { end, nowMs: () => nowMs, asked: () => asked };
}

test("who does not answer is asked for five minutes, ever less often, and then given up", async () => {
  const { end, nowMs, asked } = refusing("unavailable");
  const failure = await end;
  assert.ok(failure instanceof Failure && failure.code === "unavailable");
  assert.ok(nowMs() > patienceMs - 5_001 && nowMs() <= patienceMs, `${nowMs()}`);
  assert.ok(asked() > 60 && asked() < 70, `${asked()}`);
});

test("a full queue is waited for without an end, and what cannot pass is not asked again", async () => {
  const full = refusing("queue_full");
  const failure = await full.end;
  assert.ok(failure instanceof Failure && failure.code === "cancelled", "the test has stopped it");
  assert.ok(full.nowMs() > 2 * patienceMs);
  const wrong = refusing("invalid");
  const refusal = await wrong.end;
  assert.ok(refusal instanceof Failure && refusal.code === "invalid");
  assert.equal(wrong.asked(), 1);
});

test("a key stands for content, model, its version and strategy, and for nothing else", () => {
  const key = taskOf().key(1);
  assert.equal(repairTask({ name: "b.png", ...content }, { ...terms }).key(1), key);
  assert.ok(key.length <= 200);
  const others = [
    taskOf({ image: content.mask }).key(1),
    taskOf({ image: content.mask, mask: content.image }).key(1),
    taskOf({ image: Buffer.from("im"), mask: Buffer.from("") }).key(1),
    taskOf({}, { ...terms, model: "cv2" }).key(1),
    taskOf({}, { ...terms, strategy: "Crop" }).key(1),
    taskOf({}, { ...terms, versions: [2] }).key(1),
    taskOf({}, { ...terms, versions: [1, 2] }).key(1),
    taskOf().key(2),
  ];
  assert.equal(new Set([key, ...others]).size, 9);
});
