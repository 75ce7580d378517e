// A queue with a real store on disk, and workers that do what the test says.
import { join } from "node:path";
import type { TestContext } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { CancelOrder, Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { diskStage } from "../disk-stage.ts";

interface TestWorker extends Worker {
  /** The next lease that it was or will be handed. */
  next(): TaskLease;
  /** The task that it was or will be asked to give up. */
  asked(): CancelOrder;
}
const TestWorker = protocol<TestWorker>("test.Worker@1", {
  run: tell,
  cancel: tell,
  served: ask(),
  asked: ask({ within: 10_000 }),
  next: ask({ within: 10_000 }),
});

export class TestWorkerActor extends Actor<TestWorker> implements Handlers<TestWorker> {
  static readonly protocol = TestWorker;
  readonly #leases = new Line<TaskLease>();
  readonly #orders = new Line<CancelOrder>();
  run(lease: TaskLease): void {
    this.#leases.put(lease);
  }
  cancel(order: CancelOrder): void {
    this.#orders.put(order);
  }
  served(): never {
    throw new Error("nobody asks it");
  }
  next() {
    return this.ctx.defer(this.#leases.next());
  }
  asked() {
    return this.ctx.defer(this.#orders.next());
  }
}

/** What came, for those who ask for the next of it. */
class Line<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];
  put(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }
  next(): Promise<T> {
    const item = this.#items.shift();
    return item === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(item);
  }
}

/** A system on real time with a store on disk, which can be opened once more when it was stopped. */
export async function storeOn(context: TestContext) {
  const { system, folder } = await diskStage(context);
  const openStore = async () => {
    const place = { kind: "sqlite", path: join(folder, "tasks.sqlite") } as const;
    await system.started(system.spawn(StoreActor, place, { name: "store" }));
    return system.lookup(Store, "store", 5_000);
  };
  return { system, openStore, store: await openStore() };
}

/** Besides a queue, and workers that do what the test says. */
export async function queueOn(context: TestContext) {
  const { system, openStore, store } = await storeOn(context);
  const queueActor = system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
  await system.started(queueActor);
  const queue = await system.lookup(Queue, "queue", 5_000);
  const worker = async (node: string, slots = 1, models: readonly string[] = ["diffuse"]) => {
    const ref = system.spawn(TestWorkerActor);
    await queue.offer({ worker: ref, node, incarnation: 1, models, slots, holds: [] });
    return ref;
  };
  return { system, store, openStore, queue, worker };
}

export const submission = (text: string): TaskSubmission => ({
  type: "inpaint",
  model: "diffuse",
  parameters: { text },
  inputs: [{ name: "image", contentType: "text/plain", bytes: Buffer.from(text) }],
});

export const result = (text: string) => ({
  figures: { inferMs: 1 },
  files: [{ name: "image", contentType: "text/plain", bytes: Buffer.from(text) }],
});

export const leaseOf = ({ taskId, fence, epoch }: TaskLease) => ({ taskId, fence, epoch });
