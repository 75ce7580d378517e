// Tasks that were read of late, bounded by number and by age. Ended tasks are seldom asked for again, so
// they leave first; the others by how long ago somebody asked for them. Pure.
//
//   living   asked longest ago … asked last       kept while they are asked for
//   ended    read longest ago  … read last        kept for a few seconds
import type { TaskView } from "#protocols/tasks/task.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";

export interface CachedTask {
  readonly task: TaskView;
  /** When the store was asked for it. */
  readonly readAt: number;
}

export interface CacheTerms {
  readonly tasksMax: number;
  readonly livingMs: number;
  readonly endedMs: number;
}

interface Entry extends CachedTask {
  readonly usedAt: number;
}

export class TaskCache {
  readonly #terms: CacheTerms;
  /** In the order of their last use. */
  readonly #living = new Map<string, Entry>();
  /** In the order in which they were read. */
  readonly #ended = new Map<string, Entry>();
  evictedTotal = 0;
  expiredTotal = 0;

  constructor(terms: CacheTerms) {
    this.#terms = terms;
  }

  get size(): number {
    return this.#living.size + this.#ended.size;
  }

  get(taskId: string, nowMs: number): CachedTask | undefined {
    const ended = this.#ended.get(taskId);
    if (ended) return ended;
    const living = this.#living.get(taskId);
    if (!living) return undefined;
    this.#living.delete(taskId);
    this.#living.set(taskId, { ...living, usedAt: nowMs });
    return living;
  }

  /** An older version than the one that is there changes nothing. */
  put(task: TaskView, readAt: number): void {
    const { taskId } = task;
    const former = this.#ended.get(taskId) ?? this.#living.get(taskId);
    if (former && former.task.version > task.version) return;
    this.drop(taskId);
    const shelf = isEnded(task.status) ? this.#ended : this.#living;
    shelf.set(taskId, { task, readAt, usedAt: readAt });
    if (this.size > this.#terms.tasksMax) this.#evict();
  }

  drop(taskId: string): void {
    this.#living.delete(taskId);
    this.#ended.delete(taskId);
  }

  /** How many there were. */
  clear(): number {
    const { size } = this;
    this.#living.clear();
    this.#ended.clear();
    return size;
  }

  /** Forgets what is too old; looks at no more than it forgets. */
  expire(nowMs: number): void {
    const { livingMs, endedMs } = this.#terms;
    this.#expire(this.#ended, ({ readAt }) => readAt <= nowMs - endedMs);
    this.#expire(this.#living, ({ usedAt }) => usedAt <= nowMs - livingMs);
  }

  #expire(shelf: Map<string, Entry>, isOld: (entry: Entry) => boolean): void {
    for (const [taskId, entry] of shelf) {
      if (!isOld(entry)) return;
      shelf.delete(taskId);
      this.expiredTotal += 1;
    }
  }

  #evict(): void {
    const shelf = this.#ended.size > 0 ? this.#ended : this.#living;
    for (const taskId of shelf.keys()) {
      shelf.delete(taskId);
      this.evictedTotal += 1;
      return;
    }
  }
}
