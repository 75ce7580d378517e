// Those who wait for a task to end. Each hears once; who gave up is forgotten.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskStore } from "#protocols/tasks/store.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";

/** The store knows for a while of a task that it has forgotten. */
async function missing(taskId: string, store: Ref<TaskStore>): Promise<Failure> {
  const { kind } = await store.result({ taskId, position: 0 });
  if (kind !== "gone") return new Failure("not_found", `there is no task ${taskId}`);
  const seen = `task ${taskId} has ended, and was kept for its time`;
  return new Failure(
    "gone",
    `${seen}; submit it anew, without its idempotency key or under a new one`,
  );
}

interface Waiter {
  readonly resolve: (outcome: TaskOutcome) => void;
  readonly reject: (failure: Failure) => void;
}

export class OutcomeWaiters {
  readonly #byTask = new Map<string, Set<Waiter>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  has(taskId: string): boolean {
    return this.#byTask.has(taskId);
  }

  /**
   * Resolves when the task has ended, now or later; fails with `not_found` when there is none, and with
   * `gone` when it was forgotten of late.
   */
  waitFor(taskId: string, store: Ref<TaskStore>, signal: AbortSignal): Promise<TaskOutcome> {
    // Waiting begins before the store is asked, so that an end in between is not missed.
    const waiting = this.wait(taskId, signal);
    this.askFor(taskId, store);
    return waiting;
  }

  /** Tells those who wait for the task, if it has ended, or is not known any more. */
  askFor(taskId: string, store: Ref<TaskStore>): void {
    if (!this.has(taskId)) return;
    store
      .outcome(taskId)
      .then(async (outcome) => {
        if (outcome) this.settle(taskId, outcome);
        else if ((await store.view(taskId)) === null)
          this.fail(taskId, await missing(taskId, store));
      })
      .catch((error: unknown) => this.fail(taskId, Failure.of(error)));
  }

  /** Some that are waited for, each time others: ends that nobody told of are found by asking. */
  someTasks(max: number): readonly string[] {
    const some = [...this.#byTask].slice(0, max);
    for (const [taskId, waiters] of some) {
      this.#byTask.delete(taskId);
      this.#byTask.set(taskId, waiters);
    }
    return some.map(([taskId]) => taskId);
  }

  /** As `waitFor`, of a task that goes on as far as is known: whoever hears of its end tells. */
  wait(taskId: string, signal: AbortSignal): Promise<TaskOutcome> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const waiters = this.#byTask.get(taskId) ?? new Set();
      this.#byTask.set(taskId, waiters.add(waiter));
      this.#count += 1;
      signal.addEventListener("abort", () => {
        if (!waiters.delete(waiter)) return;
        this.#count -= 1;
        if (waiters.size === 0) this.#byTask.delete(taskId);
        reject(new Failure("cancelled", `nobody waits for task ${taskId} any more`));
      });
    });
  }

  settle(taskId: string, outcome: TaskOutcome): void {
    for (const waiter of this.#take(taskId)) waiter.resolve(outcome);
  }

  fail(taskId: string, failure: Failure): void {
    for (const waiter of this.#take(taskId)) waiter.reject(failure);
  }

  #take(taskId: string): readonly Waiter[] {
    const waiters = [...(this.#byTask.get(taskId) ?? [])];
    this.#byTask.get(taskId)?.clear();
    this.#byTask.delete(taskId);
    this.#count -= waiters.length;
    return waiters;
  }
}
