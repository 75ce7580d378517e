// A task row checked against its checksums, and what is told of it. The payload's checksum covers
// what was submitted and never changes; the outcome's is renewed with each end of an attempt.
import type { TaskOutcome, TaskParameters, TaskView } from "#protocols/tasks/task.ts";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import type { Prepared } from "./prepared.ts";
import type { TaskRow } from "./statements.ts";
import { corrupt, readFiles } from "./stored-files.ts";

type Payload = Pick<
  TaskRow,
  "taskId" | "type" | "model" | "priority" | "retriesMax" | "parameters" | "inputCount"
>;

export const payloadChecksum = (task: Payload): number =>
  checksum([
    task.taskId,
    task.type,
    task.model,
    task.priority,
    task.retriesMax,
    task.parameters,
    task.inputCount,
  ]);

export interface Outcome {
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly result: string | null;
  readonly resultCount: number;
  readonly resultBytes: number | null;
}

export const outcomeChecksum = (taskId: string, outcome: Outcome): number =>
  checksum([
    taskId,
    outcome.errorCode,
    outcome.error,
    outcome.result,
    outcome.resultCount,
    outcome.resultBytes,
  ]);

/** An outcome that is only a code and a text, with its checksum, ready for a statement. */
export function finding(taskId: string, code: string, detail: string) {
  const [errorCode, error] = [storable(code), storable(detail)];
  const outcome = { errorCode, error, result: null, resultCount: 0, resultBytes: null };
  return { errorCode, error, outcomeCrc32: outcomeChecksum(taskId, outcome) };
}

/** Fails with `corrupt` when what was submitted reads differently now. */
export function checkPayload(row: TaskRow): void {
  if (payloadChecksum(row) === row.payloadCrc32) return;
  throw corrupt(row.taskId, "its stored submission fails its checksum");
}

/** Fails with `corrupt` when how the task ended, or its last attempt did, reads differently now. */
export function checkOutcome(row: TaskRow): void {
  if (row.outcomeCrc32 === null || outcomeChecksum(row.taskId, row) === row.outcomeCrc32) return;
  throw corrupt(row.taskId, "its stored outcome fails its checksum");
}

/** Whether the task has ended because its rows are damaged: that is told and can be shown. */
const isKnownCorrupt = (row: TaskRow): boolean =>
  row.finishedAt !== null && row.errorCode === "corrupt";

export function view(prepared: Prepared, taskId: string): TaskView | null {
  const row = prepared.task.get(taskId);
  if (!row) return null;
  checkOutcome(row);
  if (!isKnownCorrupt(row)) checkPayload(row);
  return {
    taskId,
    type: row.type,
    model: row.model,
    status: row.status,
    priority: row.priority,
    attempt: row.attempt,
    lostLeases: row.lostLeases,
    assignedNode: row.assignedNode,
    submittedAt: row.submittedAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    errorCode: row.errorCode,
    error: row.error,
  };
}

export function outcome(prepared: Prepared, taskId: string): TaskOutcome | null {
  const row = prepared.task.get(taskId);
  if (!row || row.finishedAt === null) return null;
  checkOutcome(row);
  const { status, attempt } = row;
  if (status === "failed" || status === "cancelled") {
    return { status, taskId, attempt, code: row.errorCode ?? status, detail: row.error ?? "" };
  }
  const run = prepared.attempt.get({ taskId, attempt });
  if (status !== "completed" || row.result === null || !run) {
    throw corrupt(taskId, `its row says ${status}, but what belongs to that is missing`);
  }
  const figures: TaskParameters = JSON.parse(row.result);
  const files = readFiles(taskId, prepared.results.all(taskId), {
    what: "result",
    count: row.resultCount,
    size: row.resultBytes,
  });
  const { node, queueMs, runMs } = run;
  return { status, taskId, node, attempt, result: { figures, files }, queueMs, runMs };
}
