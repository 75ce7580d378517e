// What a claim says of other workers, and how much of that there may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerKinds } from "#actors/queue/worker-kinds.ts";
import { storeLimits } from "#protocols/store-limits.ts";

const isOpen = (node: string): boolean => node !== "closed";
const ofKind = (node: string, model: string) => ({
  ...{ node, queues: ["default"], models: [model], skills: [] },
  machine: undefined,
});

test("a claim names so many kinds of others; that there were more is counted", () => {
  const kinds = new WorkerKinds();
  const { claimOthersMax } = storeLimits;
  kinds.add(ofKind("asker", "asked"));
  for (let index = 0; index < claimOthersMax; index += 1) {
    kinds.add(ofKind(`worker ${index}`, `model ${index}`));
  }
  kinds.add(ofKind("closed", "shut"));
  assert.equal(kinds.othersThan("asker", isOpen).length, claimOthersMax);
  assert.deepEqual(kinds.figures, { named: claimOthersMax, cut: 0 });
  kinds.add(ofKind("one more", "one more"));
  assert.equal(kinds.othersThan("asker", isOpen).length, claimOthersMax);
  assert.deepEqual(kinds.figures, { named: claimOthersMax, cut: 1 });
  kinds.remove("one more");
  kinds.remove("worker 0");
  const named = kinds.othersThan("asker", isOpen).map(({ models }) => models[0]);
  assert.equal(named.length, claimOthersMax - 1);
  assert.ok(!named.includes("shut") && !named.includes("asked"));
  assert.deepEqual(kinds.figures, { named: claimOthersMax - 1, cut: 1 });
});
