// Cancelling: what waits ends at once, what runs is asked to give up, and all that descends from it
// goes the same way.
import type { CancelResult } from "#protocols/tasks/store.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endTask } from "./ending.ts";
import { mark, type Standing } from "./transition.ts";

export interface CancelRequest {
  readonly taskId: string;
  readonly reason: string;
  readonly by?: string;
}

export function cancel(context: StoreContext, request: CancelRequest): CancelResult {
  const task = context.shelf.task(request.taskId);
  if (!task) return { kind: "not_found" };
  if (isEnded(task.status)) return { kind: "ended", status: task.status };
  for (const descendant of descendantsOf(context, task.taskId)) {
    if (!isEnded(descendant.status)) cancelOne(context, descendant, request);
  }
  return cancelOne(context, task, request);
}

/** The task gives way to the request that it bears, or that comes with the changes. */
export function endCancelled(
  context: StoreContext,
  task: TaskRecord,
  changes: Standing = {},
): void {
  const detail = changes.cancelReason ?? task.cancelReason ?? "";
  endTask(context, task, {
    status: "cancelled",
    class: "cancelled",
    code: "cancelled",
    detail,
    changes,
  });
}

function cancelOne(
  context: StoreContext,
  task: TaskRecord,
  { reason, by }: CancelRequest,
): CancelResult {
  const asked = {
    cancelRequestedAt: task.cancelRequestedAt ?? context.nowMs,
    cancelReason: task.cancelReason ?? reason,
    cancelBy: task.cancelBy ?? by ?? null,
  };
  if (task.status !== "running") {
    endCancelled(context, task, asked);
    return { kind: "cancelled" };
  }
  if (task.cancelRequestedAt === null) {
    mark(context, task, { event: "cancel_requested", changes: asked });
  }
  return { kind: "requested" };
}

/** Children before their own children; a damaged one is left to whoever claims it. */
function descendantsOf({ shelf }: StoreContext, taskId: string): readonly TaskRecord[] {
  const found: TaskRecord[] = [];
  const open = [...shelf.childrenOf(taskId)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const child = shelf.salvage(next);
    if (child) found.push(child);
    open.push(...shelf.childrenOf(next));
  }
  return found;
}
