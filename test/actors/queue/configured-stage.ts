// Queues over a real store, with a control channel that configures them.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import { planOf, queueBench, submissionOf } from "./queue-bench.ts";

export async function configuredStage(
  context: TestContext,
  plans: readonly QueuePlan[] = [planOf("small")],
) {
  const bench = await queueBench(context, plans);
  const counts = new ControlCounts();
  const terms = { gateway: null, models: ["diffuse", "lama"], endpoint: null, counts };
  const channel = bench.system.spawn(ControlChannelActor, terms);
  const by = { by: "ada", scopes: ["admin"] } as const;
  const update = (config: object, scope = "small") => {
    const parameters = { layer: "queue", scope, document: JSON.stringify(config) };
    return channel.command({ command: "UPDATE_CONFIG", parameters }, by);
  };
  const configure = async (config: object, scope?: string): Promise<void> => {
    const { status, error } = await update(config, scope);
    assert.equal(status, "completed", error?.detail);
  };
  const submit = (terms: Parameters<typeof submissionOf>[0] = {}) =>
    bench.queue.submit(submissionOf({ queue: "small", ...terms }));
  const worker = (terms: Parameters<typeof bench.worker>[1] = {}) =>
    bench.worker("one", { queues: ["default", "small"], slots: 8, ...terms });
  let current = bench.queue;
  const begunAnew = async (): Promise<void> => {
    current = await bench.successor();
  };
  const standing = async (name = "small") => {
    const { queues } = await current.statistics();
    return queues.find(({ queue }) => queue === name) ?? assert.fail(`there is no ${name}`);
  };
  /** Whether a lease came; one that comes later is there for the next question. */
  const isHandedOne = async (): Promise<boolean> => {
    const before = await running();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return (await running()) > before;
  };
  const running = async (): Promise<number> => (await standing()).running;
  return {
    ...bench,
    workerAt: bench.worker,
    update,
    configure,
    submit,
    worker,
    standing,
    begunAnew,
    isHandedOne,
  };
}
