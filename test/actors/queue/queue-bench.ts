// Queues as a topology sets them up, over a real store on disk, with workers that do what a test says.
import type { TestContext } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { DemandRule } from "#protocols/tasks/demand-rules.ts";
import { Queue, type WorkerOffer } from "#protocols/tasks/queue.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import type { TaskFile, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import { leaseOf, storeOn, TestWorkerActor } from "./queue-fixture.ts";

export type OfferTerms = Partial<
  Pick<WorkerOffer, "slots" | "models" | "queues" | "skills" | "tags" | "machine" | "batchMax"> & {
    readonly to: Ref<Queue>;
  }
>;

export async function queueBench(
  context: TestContext,
  queues: readonly QueuePlan[] = [],
  demands: readonly DemandRule[] = [],
) {
  const { system, store } = await storeOn(context);
  const begin = async () => {
    const manager = system.spawn(QueueManager, { demands, queues }, { name: "queue-manager" });
    await system.started(manager);
    return manager;
  };
  let current = await begin();
  const queue = await system.lookup(Queue, "queue", 5_000);
  /** Ends the queue, and begins another one over the same store. */
  const successor = async () => {
    await system.stopActor(current);
    current = await begin();
    return current;
  };
  const worker = async (node: string, { to = queue, ...terms }: OfferTerms = {}) => {
    const ref = system.spawn(TestWorkerActor);
    const offer = { worker: ref, node, incarnation: 1, holds: [] };
    await to.offer({ ...offer, slots: 1, models: ["diffuse"], ...terms });
    return ref;
  };
  /** Commits a lease of a worker, with a file that says what it is. */
  const complete = async (node: string, lease: TaskLease, files: readonly TaskFile[] = []) =>
    queue.complete({ node, lease: leaseOf(lease), result: { figures: {}, files: [...files] } });
  return { system, store, queue, successor, worker, complete };
}

export const textFile = (name: string, text: string): TaskFile => ({
  name,
  contentType: "text/plain",
  bytes: Buffer.from(text),
});

export const textOf = (files: readonly TaskFile[], name: string): string =>
  Buffer.from(files.find((file) => file.name === name)?.bytes ?? []).toString();

export const submissionOf = (terms: Partial<TaskSubmission> = {}): TaskSubmission => ({
  type: "inpaint",
  model: "diffuse",
  parameters: {},
  inputs: [],
  ...terms,
});

/** The head of a PNG: all that is looked at. */
export function pngOf(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

export const planOf = (
  queue: string,
  { settings, ...terms }: Partial<QueuePlan> = {},
): QueuePlan => ({
  queue,
  class: "cpu-light",
  types: null,
  models: null,
  pixelsMax: null,
  rate: null,
  userRate: null,
  machine: {},
  ...terms,
  settings: { ...settings, queue },
});
