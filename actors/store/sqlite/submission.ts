// Takes a task in, unless it is there already or too much waits.
import { Failure } from "#protocols/failure.ts";
import type { StoreCounts, SubmitResult } from "#protocols/tasks/store.ts";
import { priorityDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import { storable } from "#runtime/stores/sqlite/checksum.ts";
import { fingerprintOf, parametersText } from "./fingerprint.ts";
import type { Prepared } from "./prepared.ts";
import type { StoreContext } from "./store-context.ts";
import { sizeOf, writeInputs } from "./stored-files.ts";
import { payloadChecksum } from "./task-rows.ts";

export function submit(
  context: StoreContext,
  submission: TaskSubmission,
  nowMs: number,
): SubmitResult {
  const { prepared, policy } = context;
  const key = submission.idempotencyKey;
  const fingerprint = key === undefined ? undefined : fingerprintOf(submission);
  if (key !== undefined && fingerprint) {
    const known = prepared.idempotencyKey.get(key);
    // A key that is past its time but not yet swept still holds: the sweep decides when it is gone.
    if (known) {
      return {
        kind: known.fingerprint.equals(fingerprint) ? "replayed" : "conflict",
        taskId: known.taskId,
      };
    }
  }
  const parameters = parametersText(submission.parameters);
  const payloadBytes = Buffer.byteLength(parameters) + sizeOf(submission.inputs);
  const waiting = waitingOf(prepared);
  if (waiting.count >= policy.waitingMax || waiting.bytes + payloadBytes > policy.waitingBytesMax) {
    return { kind: "full", pending: waiting.count };
  }
  const taskId = context.makeId();
  insertTask(context, submission, { taskId, parameters, payloadBytes, nowMs });
  if (key !== undefined && fingerprint) {
    const expiresAt = nowMs + policy.idempotencyTtlMs;
    prepared.insertIdempotencyKey.run({ key, fingerprint, taskId, nowMs, expiresAt });
  }
  return { kind: "created", taskId };
}

function insertTask(
  { prepared, policy }: StoreContext,
  submission: TaskSubmission,
  made: {
    readonly taskId: string;
    readonly parameters: string;
    readonly payloadBytes: number;
    readonly nowMs: number;
  },
): void {
  const priority = submission.priority ?? priorityDefault;
  const payload = {
    taskId: made.taskId,
    type: storable(submission.type),
    model: storable(submission.model),
    priority,
    parameters: made.parameters,
    retriesMax: submission.maxRetries ?? policy.retriesMaxDefault,
    inputCount: submission.inputs.length,
  };
  prepared.insertTask.run({
    ...payload,
    seq: nextSequence(prepared, "task_seq"),
    rank: made.nowMs + priority * policy.agingMsPerLevel,
    payloadBytes: made.payloadBytes,
    payloadCrc32: payloadChecksum(payload),
    nowMs: made.nowMs,
  });
  writeInputs(prepared, made.taskId, submission.inputs);
}

/** The next number of a sequence of this store; never given twice. */
export function nextSequence(prepared: Prepared, name: "fence" | "task_seq"): number {
  const value = prepared.nextSequence.get(name);
  if (value !== undefined) return value;
  throw new Failure("corrupt", `the sequence "${name}" is missing; restore a backup of the store`);
}

export function counts(prepared: Prepared): StoreCounts {
  const byStatus = new Map(prepared.counts.all().map((row) => [row.status, row.count]));
  return {
    scheduled: byStatus.get("scheduled") ?? 0,
    pending: byStatus.get("pending") ?? 0,
    running: byStatus.get("running") ?? 0,
    completed: byStatus.get("completed") ?? 0,
    failed: byStatus.get("failed") ?? 0,
    cancelled: byStatus.get("cancelled") ?? 0,
    pendingBytes: waitingOf(prepared).bytes,
  };
}

const waitingOf = (prepared: Prepared): { readonly count: number; readonly bytes: number } =>
  prepared.waiting.get() ?? { count: 0, bytes: 0 };
