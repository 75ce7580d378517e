// Cancelling: what waits ends at once, what runs is asked to give up, and all that descends from it
// goes the same way.
import { Failure } from "#protocols/failure.ts";
import type { CancelResult } from "#protocols/tasks/store.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { acknowledge } from "../records/control-book.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { descendantsOf, endTask, type GivingUp, giveUp } from "./ending.ts";
import type { Standing } from "./transition.ts";

export interface CancelRequest extends GivingUp {
  readonly taskId: string;
  readonly commandId?: string;
}

/** Fails with `cancelled` when the command that it comes from has ended: then nothing changes. */
export function cancel(context: StoreContext, request: CancelRequest): CancelResult {
  const { commandId } = request;
  if (commandId !== undefined && !acknowledge(context, commandId)) {
    throw new Failure("cancelled", `${commandId} had ended before it was begun; issue it anew`);
  }
  const task = context.shelf.task(request.taskId);
  if (!task) return { kind: "not_found" };
  if (isEnded(task.status)) return { kind: "ended", status: task.status };
  for (const descendant of descendantsOf(context, task.taskId)) {
    if (!isEnded(descendant.status)) giveUp(context, descendant, request);
  }
  return { kind: giveUp(context, task, request) };
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
