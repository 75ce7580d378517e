import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunStage } from "#actors/inference/engine-messages.ts";
import { RunProgress } from "#actors/inference/run-progress.ts";

const stage = (share: number): RunStage => ({ share, message: `at ${share}` });

function progressOf() {
  const told: number[] = [];
  const rests: { resolve(): void; reject(): void }[] = [];
  const progress = new RunProgress({
    tell: ({ share }) => told.push(share),
    rest: () =>
      new Promise((resolve, reject) => {
        rests.push({ resolve, reject: () => reject(new Error("it has ended")) });
      }),
  });
  return { progress, told, rests };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("what a worker tells of a task", () => {
  it("is nothing of one that ends at once", async () => {
    const { progress, told, rests } = progressOf();
    progress.told(stage(0.1));
    rests[0]?.reject();
    await turn();
    assert.deepEqual(told, []);
  });

  it("is the newest after a while, and then all that comes", async () => {
    const { progress, told, rests } = progressOf();
    progress.told(stage(0.1));
    progress.told(stage(0.2));
    assert.deepEqual(told, []);
    rests[0]?.resolve();
    await turn();
    assert.deepEqual(told, [0.2]);
    progress.told(stage(0.3));
    assert.deepEqual(told, [0.2, 0.3]);
    assert.equal(rests.length, 1);
  });
});
