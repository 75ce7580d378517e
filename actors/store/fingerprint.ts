// What makes two submissions under one idempotency key the same: SHA-256 of what the task is to do.
// When and on what machine it is to run, and for how long it may, is no part of that.
import { createHash } from "node:crypto";
import { priorityDefault, queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

/** JSON whose keys are sorted, so that equal parameters give equal text. */
export const parametersText = (parameters: TaskParameters): string =>
  JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(byKey)));

/** As hex. */
export function fingerprintOf(submission: TaskSubmission): string {
  const inputs = submission.inputs.map((file) => [
    file.name,
    file.contentType,
    createHash("sha256").update(file.bytes).digest("hex"),
  ]);
  const content = [
    submission.type,
    submission.model,
    submission.queue ?? queueDefault,
    submission.priority ?? priorityDefault,
    parametersText(submission.parameters),
    inputs,
    [...(submission.requiredSkills ?? [])].sort(),
    [...(submission.optionalSkills ?? [])].sort(),
    ...(submission.skillLevel === undefined ? [] : [submission.skillLevel]),
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
