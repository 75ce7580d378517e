// Who holds a task: the lease with its newest fence, of this store, as long as it runs. Everything that
// a worker writes passes here first, so of two that both believe in their lease one is heard.
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";

/** The task, if that lease still holds it. */
export function heldTask({ shelf, info }: StoreContext, lease: LeaseRef): TaskRecord | undefined {
  if (lease.epoch !== info.epoch) return undefined;
  const task = shelf.task(lease.taskId);
  return task?.status === "running" && task.fence === lease.fence ? task : undefined;
}
