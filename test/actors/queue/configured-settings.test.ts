import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { planOf, queueBench } from "./queue-bench.ts";

test("an update of a queue's configuration outlives the queue manager, which goes by the file in the rest", async (context) => {
  const settings = { queue: "", pendingMax: 50, perUserMax: 20 };
  const { system, store, successor } = await queueBench(context, [planOf("small", { settings })]);
  const seen = async () => {
    const view = (await store.queues()).find(({ queue }) => queue === "small");
    return view && [view.pendingMax, view.perUserMax];
  };
  const isSetUp = async (): Promise<void> => {
    while ((await seen())?.[1] !== 20) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await isSetUp();
  const counts = new ControlCounts();
  const channel = system.spawn(ControlChannelActor, {
    ...{ gateway: null, models: [], endpoint: null, counts },
  });
  const parameters = { layer: "queue", scope: "small", document: '{"pendingMax":7}' };
  const by = { by: "ada", scopes: ["admin"] } as const;
  const { status } = await channel.command({ command: "UPDATE_CONFIG", parameters }, by);
  assert.equal(status, "completed");
  assert.deepEqual(await seen(), [7, 20]);
  // So that it shows when the successor has set the queue up.
  await store.setQueue({ queue: "small", pendingMax: 33, perUserMax: 3 });
  await successor();
  await isSetUp();
  assert.deepEqual(await seen(), [7, 20]);
});
