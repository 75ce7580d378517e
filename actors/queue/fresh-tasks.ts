// Tasks that were taken in since the last sweep and of whose end nothing was heard. Who submits one mostly waits for
// its end next: the store need not be asked whether there is such a task and whether it has ended already. Pure.
//
// An end that nobody told of is found by the sweeps, which ask for all that is waited for; so nothing is believed
// for longer than until the next one. Bounded: beyond `tasksMax` none is noted, and the store is asked.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

export class FreshTasks {
  readonly #tasksMax: number;
  readonly #tasks = new Set<string>();
  /** Who said that it has them. */
  #store: AnyRef | undefined;

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** A repeated submission may be of a task that has ended. */
  submitted(result: SubmitResult, store: AnyRef | undefined): void {
    if (store !== this.#store) this.#tasks.clear();
    this.#store = store;
    if (result.kind !== "created" || this.#tasks.size >= this.#tasksMax) return;
    this.#tasks.add(result.taskId);
  }

  /** Whether this store has the task, and it goes on, as far as is known. */
  has(taskId: string, store: AnyRef | undefined): boolean {
    return store !== undefined && store === this.#store && this.#tasks.has(taskId);
  }

  /** They have ended, or may have. */
  forget(...taskIds: readonly string[]): void {
    for (const taskId of taskIds) this.#tasks.delete(taskId);
  }

  /** A sweep asks for ends from here on. */
  swept(): void {
    this.#tasks.clear();
  }
}
