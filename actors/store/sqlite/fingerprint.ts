// What makes two submissions under one idempotency key the same: SHA-256 of what the task is to do.
import { createHash } from "node:crypto";
import type { TaskParameters, TaskSubmission } from "#protocols/tasks/task.ts";

/** JSON whose keys are sorted, so that equal parameters give equal text. */
export const parametersText = (parameters: TaskParameters): string =>
  JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(byKey)));

export function fingerprintOf(submission: TaskSubmission): Buffer {
  const inputs = submission.inputs.map((file) => [
    file.name,
    file.contentType,
    createHash("sha256").update(file.bytes).digest("hex"),
  ]);
  const content = [
    submission.type,
    submission.model,
    parametersText(submission.parameters),
    inputs,
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest();
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
