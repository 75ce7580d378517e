// What the engine tells of its runs, without a process.
import assert from "node:assert/strict";
import { it } from "node:test";
import { runScope } from "#actors/inference/batching/run-scope.ts";
import { WorkQueue } from "#actors/inference/engine/work-queue.ts";
import type { RunTimes } from "#actors/inference/engine-messages.ts";
import { runsToldMax } from "#actors/inference/engine-messages.ts";
import type { ModelWork } from "#actors/inference/works/model-work.ts";
import type { Failure } from "#protocols/failure.ts";

/** Runs as often as it is told, and lets a request be withdrawn in the middle. */
function stage(runsEach = 1) {
  const told = new Map<number, NonNullable<RunTimes["runs"]>>();
  const refused = new Map<number, string>();
  let ended: () => void = () => undefined;
  const during: (() => void)[] = [];
  const work: ModelWork = {
    warmUp: async () => undefined,
    read: async () => ({
      async run() {
        for (let run = 0; run < runsEach; run++) runScope.getStore()?.ran({ items: 2, ms: 5 });
        during.shift()?.();
        return { write: async () => ({ files: [], figures: {} }) };
      },
    }),
  };
  const answers = {
    done(id: number, _: unknown, { runs = [] }: RunTimes): void {
      told.set(id, runs);
      ended();
    },
    refused(id: number, { code }: Failure): void {
      refused.set(id, code);
      ended();
    },
    betweenRuns: (act: () => void): void => act(),
  };
  const models = new Map([
    ["eraser", work],
    ["other", work],
  ]);
  const queue = new WorkQueue(models, answers, { itemsMax: 1 });
  const input = { files: [], parameters: {} };
  const ask = (id: number, model = "eraser"): Promise<void> =>
    new Promise((resolve) => {
      ended = resolve;
      queue.add({ kind: "run", id, model, parameters: {}, files: [] }, input);
    });
  return { queue, ask, told, refused, during };
}

it("the run of a request that was withdrawn is told with the model's next answer", async () => {
  const { queue, ask, told, refused, during } = stage();
  during.push(() => queue.cancel(1));
  await ask(1);
  assert.deepEqual([...refused], [[1, "cancelled"]]);
  await ask(2, "other");
  await ask(3);
  await ask(4);
  const run = { items: 2, ms: 5 };
  assert.deepEqual(
    [...told],
    [
      [2, [run]],
      [3, [run, run]],
      [4, [run]],
    ],
  );
});

it("an answer tells of so many runs at most", async () => {
  const { ask, told } = stage(runsToldMax + 1);
  await ask(1);
  assert.equal(told.get(1)?.length, runsToldMax);
});
