// A queue on real time over a real store on disk, with workers that do what a test says.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue, type WorkerOffer } from "#protocols/tasks/queue.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import type { TaskFile, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface BenchWorker extends Worker {
  /** The next lease that it was or will be handed. */
  next(): TaskLease;
}
const BenchWorker = protocol<BenchWorker>("test.BenchWorker@1", {
  run: tell,
  cancel: tell,
  next: ask({ within: 10_000 }),
});

class BenchWorkerActor extends Actor<BenchWorker> implements Handlers<BenchWorker> {
  static readonly protocol = BenchWorker;
  readonly #leases: TaskLease[] = [];
  readonly #waiting: ((lease: TaskLease) => void)[] = [];
  run(lease: TaskLease): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(lease);
    else this.#leases.push(lease);
  }
  cancel(): void {}
  next() {
    const lease = this.#leases.shift();
    const next =
      lease === undefined
        ? new Promise<TaskLease>((resolve) => this.#waiting.push(resolve))
        : Promise.resolve(lease);
    return this.ctx.defer(next);
  }
}

export type OfferTerms = Partial<
  Pick<WorkerOffer, "slots" | "models" | "queues" | "skills" | "tags"> & { readonly to: Ref<Queue> }
>;

export async function queueBench(context: TestContext, queues: readonly QueuePlan[] = []) {
  const folder = await mkdtemp(join(tmpdir(), "troupe-queues-"));
  const { system } = createTestSystem({
    clock: nodeClock,
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
  });
  context.after(async () => {
    await system.stop();
    await rm(folder, { recursive: true });
  });
  const place = { kind: "sqlite", path: join(folder, "tasks.sqlite") } as const;
  await system.started(system.spawn(StoreActor, place, { name: "store" }));
  const store = await system.lookup(Store, "store", 5_000);
  const begin = async () => {
    const manager = system.spawn(QueueManager, { queues }, { name: "queue-manager" });
    await system.started(manager);
    return manager;
  };
  const first = await begin();
  const queue = await system.lookup(Queue, "queue", 5_000);
  /** Ends the queue, and begins another one over the same store. */
  const successor = async () => {
    await system.stopActor(first);
    return begin();
  };
  const worker = async (node: string, { to = queue, ...terms }: OfferTerms = {}) => {
    const ref = system.spawn(BenchWorkerActor);
    const offer = { worker: ref, node, incarnation: 1, holds: [] };
    await to.offer({ ...offer, slots: 1, models: ["diffuse"], ...terms });
    return ref;
  };
  /** Commits a lease of a worker, with a file that says what it is. */
  const complete = async (node: string, lease: TaskLease, files: readonly TaskFile[] = []) =>
    queue.complete({ node, lease: leaseOf(lease), result: { figures: {}, files: [...files] } });
  return { system, store, queue, successor, worker, complete };
}

export const leaseOf = ({ taskId, fence, epoch }: TaskLease) => ({ taskId, fence, epoch });

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
  ...terms,
  settings: { ...settings, queue },
});
