// Few tasks go to many workers, and many tasks fill them, over stores in memory and on disk.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestContext, test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { ForgetfulStoreActor, type Losses } from "./forgetful-store.ts";
import { type OfferTerms, queueBench, submissionOf } from "./queue-bench.ts";

const nodes = ["a", "b", "c", "d"];

async function benchOf(context: TestContext, terms: OfferTerms) {
  const bench = await queueBench(context);
  for (const node of nodes) await bench.worker(node, terms);
  const running = async (): Promise<readonly number[]> => {
    const workers = await bench.queue.workers();
    return workers.map((worker) => worker.running);
  };
  /** Once so many tasks run. */
  const settled = async (count: number): Promise<readonly number[]> => {
    for (let tries = 0; tries < 400; tries += 1) {
      const loads = await running();
      if (loads.reduce((sum, load) => sum + load, 0) === count) return loads;
      await sleep(10);
    }
    return running();
  };
  const submit = (count: number) =>
    Promise.all(Array.from({ length: count }, () => bench.queue.submit(submissionOf())));
  return { ...bench, settled, submit };
}

test("a burst on disk is shared by equal workers, and so is the one behind it", async (context) => {
  const { settled, submit } = await benchOf(context, { slots: 8 });
  await submit(8);
  assert.deepEqual(await settled(8), [2, 2, 2, 2]);
  await submit(8);
  assert.deepEqual(await settled(16), [4, 4, 4, 4]);
  await submit(40);
  assert.deepEqual(await settled(32), [8, 8, 8, 8], "more than there are slots fill them");
});

test("four tasks on disk go to four workers of two slots", async (context) => {
  const { settled, submit } = await benchOf(context, { slots: 2 });
  await submit(4);
  assert.deepEqual(await settled(4), [1, 1, 1, 1]);
});

test("what waited in a paused queue is shared when it goes on", async (context) => {
  const { settled, store, submit } = await benchOf(context, { slots: 8 });
  await store.setQueue({ queue: "default", isPaused: true });
  await submit(8);
  await store.setQueue({ queue: "default", isPaused: false });
  assert.deepEqual(await settled(8), [2, 2, 2, 2]);
});

test("the tasks of a worker that is lost are shared by the others", async (context) => {
  const { settled, submit, system, worker } = await benchOf(context, { slots: 8 });
  await submit(40);
  assert.deepEqual(await settled(32), [8, 8, 8, 8]);
  const second = await worker("e", { slots: 8 });
  assert.deepEqual(await settled(40), [8, 8, 8, 8, 8]);
  for (const node of ["f", "g"]) await worker(node, { slots: 8 });
  await system.stopActor(second);
  assert.deepEqual(await settled(40), [8, 8, 8, 8, 4, 4]);
});

interface MillArguments extends WorkerTerms {
  readonly node: string;
  readonly begun: (node: string) => void;
  readonly runMs: number;
}

class MillWorker extends TaskWorker<MillArguments> {
  static initial = (args: MillArguments): MillArguments => args;
  protected readonly models = ["diffuse"];
  protected readonly handlers: TaskHandlers = {
    inpaint: async (_task, { signal }) => {
      this.state.begun(this.state.node);
      await this.ctx.sleep(this.state.runMs, signal);
      return { figures: {}, files: [] };
    },
  };
}
