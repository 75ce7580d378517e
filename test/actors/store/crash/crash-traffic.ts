// Clients of a store that is about to be killed: they submit, claim, complete, fail, cancel, ask and
// sweep at the same time, each by chances of its own, until they get no answer. Whatever nobody
// answered is remembered, to be asked again.
import type { StoreMethod } from "#actors/store/backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskLease, TaskResult, TaskSubmission } from "#protocols/tasks/task.ts";
import type { SeededRandom } from "#runtime/core/random.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";
import type { ContractStore } from "../contract/contract-store.ts";
import { fileOf, someTask } from "../contract/task-samples.ts";
import { StoreGone } from "./child-store.ts";

export const nodes = ["n1", "n2"] as const;
type NodeName = (typeof nodes)[number];

/** Nobody may know whether it was done. */
export const isUncertain = (cause: unknown): boolean =>
  cause instanceof StoreGone ||
  (cause instanceof Failure && /^(unknown_outcome|unavailable|store_failed)$/.test(cause.code));

/** What a lease's result says: by it, a result is known for that of the lease. */
export const resultOf = ({ taskId, fence }: Pick<TaskLease, "taskId" | "fence">): TaskResult => ({
  figures: { fence },
  files: [fileOf(`${taskId}-${fence}`, 100 + (fence % 7_000))],
});

export class CrashTraffic {
  readonly #store: ContractStore;
  readonly #seed: number;
  #submitted = 0;
  #round = 0;
  #isOver = false;
  readonly #known: string[] = [];
  /** Submissions without an answer. */
  unsureSubmissions: TaskSubmission[] = [];
  /** Leases whose completion has no answer. */
  unsureCompletions: TaskLease[] = [];
  /** Leases that are kept, and must be there after whatever happens. */
  readonly held = new Map<string, { readonly node: NodeName; readonly lease: TaskLease }>();
  /** Methods that nobody answered, over all rounds. */
  readonly cut = new Map<StoreMethod, number>();

  constructor(store: ContractStore, seed: number) {
    this.#store = store;
    this.#seed = seed;
  }

  /** Until the store does not answer. Fails with what a client met that is no loss of the store. */
  async run(): Promise<void> {
    this.#round += 1;
    this.#isOver = false;
    const clients: Readonly<Record<string, (random: SeededRandom) => Promise<void>>> = {
      first: (random) => this.#submit(random),
      second: (random) => this.#submit(random),
      third: (random) => this.#submit(random),
      worker1: (random) => this.#work("n1", random),
      worker2: (random) => this.#work("n2", random),
      canceller: (random) => this.#cancel(random),
      sweeper: () => this.#sweep(),
    };
    const troubles: unknown[] = [];
    await Promise.all(
      Object.entries(clients).map(async ([name, act]) => {
        const random = randomOf(this.#seed, `${name}-${this.#round}`);
        try {
          while (!this.#isOver) await act(random);
        } catch (cause) {
          if (!isUncertain(cause)) troubles.push(cause);
          this.#isOver = true;
        }
      }),
    );
    if (troubles.length > 0) throw troubles[0];
  }

  /** The next turn of each client is its last. */
  end(): void {
    this.#isOver = true;
  }

  async #ask<T>(method: StoreMethod, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      if (isUncertain(cause)) this.cut.set(method, (this.cut.get(method) ?? 0) + 1);
      throw cause;
    }
  }

  async #submit(random: SeededRandom): Promise<void> {
    this.#submitted += 1;
    const number = this.#submitted;
    const submission = someTask({
      idempotencyKey: `key-${number}`,
      queue: random.next() < 0.7 ? "default" : "other",
      priority: Math.floor(random.next() * 10),
      userId: `u${number % 3}`,
      parameters: { number },
      ack: number % 2 === 0 ? "process" : "durable",
      retry: { baseMs: 1, factor: 1, capMs: 5, jitter: "full" },
      inputs: random.next() < 0.3 ? [fileOf("image", Math.floor(random.next() * 20_000))] : [],
    });
    try {
      const result = await this.#ask("submit", () => this.#store.submit(submission));
      if (result.kind === "created") this.#known.push(result.taskId);
    } catch (cause) {
      if (isUncertain(cause)) this.unsureSubmissions.push(submission);
      throw cause;
    }
  }

  async #work(node: NodeName, random: SeededRandom): Promise<void> {
    const request = { node, incarnation: 1, models: ["lama"], max: 4, leaseMs: 3_600_000 };
    const leases = await this.#ask("claim", () =>
      this.#store.claim({ ...request, queues: ["default", "other"] }),
    );
    for (const lease of leases) await this.#settle(node, lease, random.next());
  }

  async #settle(node: NodeName, lease: TaskLease, chance: number): Promise<void> {
    const store = this.#store;
    if (chance < 0.05) {
      this.held.set(lease.taskId, { node, lease });
    } else if (chance < 0.2) {
      await this.#ask("fail", () => store.fail(lease));
    } else if (chance < 0.25) {
      await this.#ask("release", () => store.release(lease));
    } else if (chance < 0.3) {
      await this.#ask("confirmRequest", () => store.confirmRequest(questionOf(lease)));
    } else {
      try {
        await this.#ask("complete", () => store.complete(lease, resultOf(lease)));
      } catch (cause) {
        if (isUncertain(cause)) this.unsureCompletions.push(lease);
        throw cause;
      }
    }
  }

  async #sweep(): Promise<void> {
    await this.#ask("sweep", () => this.#store.sweep(50));
  }

  async #cancel(random: SeededRandom): Promise<void> {
    const taskId = this.#known[Math.floor(random.next() * this.#known.length)];
    // Most of the time it lets tasks live: it asks about them instead.
    if (taskId === undefined || this.held.has(taskId) || random.next() < 0.8) {
      await this.#ask("counts", () => this.#store.counts());
    } else {
      await this.#ask("cancel", () => this.#store.cancel(taskId));
    }
  }
}

const questionOf = ({ taskId, fence, epoch }: TaskLease) => ({
  lease: { taskId, fence, epoch },
  step: fence,
  userId: "u1",
  stepResult: { fence },
  expiresMs: 1,
  onTimeout: "proceed" as const,
  mode: "park" as const,
  checkpoint: null,
});
