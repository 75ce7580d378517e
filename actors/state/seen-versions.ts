// The versions that the newest events told of tasks. An answer of the store that was on its way meanwhile
// may be older than what is known already; it must not get into the cache. Pure.
import type { StoreEvent } from "#protocols/tasks/task-events.ts";

export class SeenVersions {
  readonly #tasksMax: number;
  readonly #versions = new Map<string, number>();

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  /** Of the task that the event is of; 0 for one that tells none. */
  note({ taskId, payload }: StoreEvent): number {
    const { version } = payload;
    if (taskId === null || typeof version !== "number") return 0;
    const newest = Math.max(version, this.#versions.get(taskId) ?? 0);
    this.#versions.delete(taskId);
    this.#versions.set(taskId, newest);
    if (this.#versions.size > this.#tasksMax) this.#forgetOldest();
    return newest;
  }

  isOutdated(taskId: string, version: number): boolean {
    return version < (this.#versions.get(taskId) ?? 0);
  }

  clear(): void {
    this.#versions.clear();
  }

  #forgetOldest(): void {
    for (const oldest of this.#versions.keys()) {
      this.#versions.delete(oldest);
      return;
    }
  }
}
