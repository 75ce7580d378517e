// What a store at rest has left of tasks that are over: no node holds a lease, whether it left, died or
// stayed; inputs are kept of what has failed alone, results of what was completed; and of what was
// forgotten nothing is there.
import type { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { TaskRecord } from "#actors/store/records.ts";
import { storeLimits } from "#protocols/store-limits.ts";

/** Whoever had leases, and tasks that were there once. */
export interface Once {
  readonly nodes: readonly string[];
  readonly taskIds: readonly string[];
}

/** What is too much; undefined: nothing. */
export function leftInStore(shelf: MemoryShelf, { nodes, taskIds }: Once): string | undefined {
  for (const node of nodes) {
    const [lease] = shelf.leasesOfNode(node);
    if (lease) return `${node} holds lease ${lease.fence} of ${lease.taskId}`;
  }
  const tasks = tasksIn(shelf);
  const [any] = tasks;
  if (any === undefined) return undefined;
  const there = new Set(tasks.map(({ taskId }) => taskId));
  const forgotten = taskIds.filter((taskId) => !there.has(taskId));
  return [
    ...tasks.map((task) => leftOf(shelf, task)),
    ...forgotten.map((taskId) => forgottenOf(shelf, { ...any, taskId })),
  ].find((problem) => problem !== undefined);
}

function tasksIn(shelf: MemoryShelf): readonly TaskRecord[] {
  const limit = storeLimits.storePageMax;
  const tasks: TaskRecord[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const { tasks: some, next } = shelf.list({ limit, cursor });
    tasks.push(...some);
    cursor = next;
  }
  return tasks;
}

/** Somebody may want that it is tried again. */
const keepsInputs: ReadonlySet<string> = new Set(["failed", "timed_out"]);

function leftOf(shelf: MemoryShelf, task: TaskRecord): string | undefined {
  const { resultCount, status, taskId } = task;
  const [inputs, results] = [shelf.inputs(task).length, shelf.results(task).length];
  if (inputs > 0 && !keepsInputs.has(status)) return `${taskId} is ${status}, and has its inputs`;
  const made = status === "completed" ? resultCount : 0;
  return results === made
    ? undefined
    : `${taskId} is ${status} with ${made} files, and ${results} are there`;
}

function forgottenOf(shelf: MemoryShelf, task: TaskRecord): string | undefined {
  const { taskId } = task;
  const parts = [shelf.inputs(task), shelf.results(task), shelf.confirmationsOf(taskId)];
  const count = parts.reduce((sum, { length }) => sum + length, 0);
  const isLeft = count > 0 || shelf.attempt(taskId, 1) !== undefined || shelf.lease(taskId);
  return isLeft ? `${taskId} is forgotten, and parts of it are there` : undefined;
}
