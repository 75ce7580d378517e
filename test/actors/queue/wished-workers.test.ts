// A free worker that has what a task wishes for gets it, over a store on disk.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { queueBench, submissionOf } from "./queue-bench.ts";

for (const wish of [{ affinityTags: ["near"] }, { optionalSkills: ["latin"] }]) {
  const name = Object.keys(wish).join();
  test(`${name}: tasks go to the free worker that has it, and at once elsewhere when it is full`, async (context) => {
    const { queue, worker } = await queueBench(context);
    await worker("beta", { slots: 3 });
    await worker("alpha", { slots: 3, tags: ["near"], skills: ["latin"] });
    const runningAt = async (count: number): Promise<readonly number[]> => {
      for (let tries = 0; tries < 300; tries += 1) {
        const loads = (await queue.workers()).map(({ running }) => running);
        if (loads.reduce((sum, load) => sum + load, 0) === count) return loads;
        await sleep(5);
      }
      return [];
    };
    for (let count = 1; count <= 3; count += 1) {
      await queue.submit(submissionOf(wish));
      assert.deepEqual(await runningAt(count), [0, count]);
    }
    await queue.submit(submissionOf(wish));
    assert.deepEqual(await runningAt(4), [1, 3]);
  });
}
