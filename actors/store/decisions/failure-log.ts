// Every failed attempt, and every task that fails without one, as an event of its own channel: whoever
// watches for errors reads them behind the tasks' backs. In the transaction of what failed.
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";

const detailLengthMax = 512;

/** `task`: as it was when it failed. What was cancelled or gave way to another has not failed. */
export function logFailure(
  { shelf, nowMs }: StoreContext,
  task: TaskRecord,
  finding: Pick<TaskFailure, "class" | "code" | "detail">,
  became: { readonly isRetried: boolean; readonly isOverBudget?: boolean },
): void {
  const { taskId, type, model, queue, attempt, assignedNode } = task;
  const { class: failureClass, code, detail } = finding;
  const payload = {
    class: failureClass,
    code,
    detail: detail.slice(0, detailLengthMax),
    ...{ type, model, queue, attempt },
    node: assignedNode,
    isRetried: became.isRetried,
    isOverBudget: became.isOverBudget ?? false,
  };
  shelf.append({ channel: channelOf.errors, type: "failed_attempt", taskId, payload }, nowMs);
}
