// Tries a task again that has ended without a result: as a new task that names it as its parent, since
// what has ended stays ended. Asking twice makes one, as long as it can be asked: the answer is then the task
// that was made, even when it is not known any more.

import { isUndemanding } from "#protocols/tasks/machine-demand.ts";
import type { TaskFile, TaskSubmission } from "#protocols/tasks/task.ts";
import type { TaskRetried } from "#protocols/tasks/task-records.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { areInputsKept } from "../records/kept-inputs.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { retryScope } from "./idempotency.ts";
import { submit } from "./submission.ts";
import { needsIn } from "./worker-needs.ts";

export function retryTask(context: StoreContext, taskId: string): TaskRetried {
  const { shelf, records } = context;
  const task = shelf.task(taskId);
  if (!task) return { kind: "not_found" };
  const { status, inputCount } = task;
  if (!isEnded(status)) return { kind: "not_ended", status };
  if (status === "completed") return { kind: "completed" };
  const former = shelf.key(retryScope, taskId);
  if (former) return { kind: "replayed", taskId: former.taskId, ack: former.ack };
  if (inputCount > 0 && !areInputsKept(records, taskId)) return { kind: "inputs_gone" };
  const inputs = inputCount > 0 ? shelf.inputs(task) : [];
  return submit(context, submissionOf(task, inputs), { parent: task });
}

/** As it was submitted; its deadlines are over, and are not set again. */
function submissionOf(task: TaskRecord, inputs: readonly TaskFile[]): TaskSubmission {
  const { description, metadata, retry, timeoutMs, userId, fairKey, charge, traceId, spanId } =
    task;
  return {
    ...{ type: task.type, model: task.model, parameters: task.parameters, inputs },
    ...{ name: task.name, queue: task.queue, priority: task.priority },
    requiredSkills: [...task.requiredSkills],
    optionalSkills: [...task.optionalSkills],
    affinityTags: [...task.affinityTags],
    ...{ maxRetries: task.maxRetries, isEvictable: task.isEvictable, parentId: task.taskId },
    ...{ idempotencyKey: task.taskId, idempotencyScope: retryScope },
    ...demandsOf(task),
    ...(description === null ? {} : { description }),
    ...(metadata === null ? {} : { metadata }),
    ...(retry === null ? {} : { retry }),
    ...(timeoutMs === null ? {} : { timeoutMs }),
    ...(userId === null ? {} : { userId }),
    ...(fairKey === null ? {} : { fairKey }),
    ...(charge === null ? {} : { cost: charge.cost }),
    ...(traceId === null ? {} : { traceId }),
    ...(spanId === null ? {} : { spanId }),
  };
}

/** How well its skills must be had, what its machine must have, and with which others it can run. */
function demandsOf({
  needs,
}: TaskRecord): Pick<TaskSubmission, "skillLevel" | "machine" | "batchKey"> {
  const { skillLevel = 0, machine = {}, batchKey = null } = needsIn(needs) ?? {};
  return {
    ...(skillLevel === 0 ? {} : { skillLevel }),
    ...(isUndemanding(machine) ? {} : { machine }),
    ...(batchKey === null ? {} : { batchKey }),
  };
}
