// Hands tasks out under leases, extends leases, and takes them back from workers that went away.
import { Failure } from "#protocols/failure.ts";
import type { ClaimRequest, ReleaseReport } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskFile, TaskLease, TaskParameters } from "#protocols/tasks/task.ts";
import { afterLostLease } from "./next-state.ts";
import type { HeldLease } from "./prepared.ts";
import { endUnsuccessfully, returnToQueue } from "./settlement.ts";
import type { TaskRow } from "./statements.ts";
import type { StoreContext } from "./store-context.ts";
import { readFiles } from "./stored-files.ts";
import { nextSequence } from "./submission.ts";
import { checkPayload, finding } from "./task-rows.ts";

/** The most urgent waiting tasks for these models. A damaged one fails, and the next is taken. */
export function claim(
  context: StoreContext,
  request: ClaimRequest,
  nowMs: number,
): readonly TaskLease[] {
  const leases: TaskLease[] = [];
  while (leases.length < request.max) {
    const candidates = mostUrgent(context, request.models, request.max - leases.length);
    if (candidates.length === 0) break;
    for (const taskId of candidates) {
      const lease = claimOne(context, taskId, request, nowMs);
      if (lease) leases.push(lease);
    }
  }
  return leases;
}

/** Extends what is held; answers leases whose work must stop: lost, ended, or to be cancelled. */
export function renew(
  { prepared }: StoreContext,
  request: {
    readonly node: string;
    readonly leases: readonly LeaseRef[];
    readonly leaseMs: number;
  },
  nowMs: number,
): { readonly lost: readonly LeaseRef[] } {
  const expiresAt = nowMs + request.leaseMs;
  const lost = request.leases.filter(({ taskId, fence }) => {
    const renewed = prepared.renewLease.run({ taskId, fence, node: request.node, expiresAt });
    return renewed.changes === 0;
  });
  return { lost };
}

export function release(
  context: StoreContext,
  request: { readonly node: string; readonly except: readonly LeaseRef[] },
  nowMs: number,
): ReleaseReport {
  const kept = new Map(request.except.map(({ taskId, fence }) => [taskId, fence]));
  const gone = context.prepared.leasesOfNode
    .all(request.node)
    .filter(({ taskId, fence }) => kept.get(taskId) !== fence);
  return loseLeases(context, gone, { outcome: "released", nowMs });
}

/** Takes the leases back; answers how many tasks wait again and which have ended by it. */
export function loseLeases(
  context: StoreContext,
  leases: readonly HeldLease[],
  loss: { readonly outcome: "released" | "lease_expired"; readonly nowMs: number },
): ReleaseReport {
  let released = 0;
  const failed: string[] = [];
  for (const lease of leases) {
    const isWaiting = loseLease(context, lease, loss);
    if (isWaiting) released += 1;
    else failed.push(lease.taskId);
  }
  return { released, failed };
}

function mostUrgent({ prepared }: StoreContext, models: readonly string[], max: number): string[] {
  return [...new Set(models)]
    .flatMap((model) => prepared.ready.all({ model, max }))
    .sort((a, b) => a.rank - b.rank || a.seq - b.seq)
    .slice(0, max)
    .map(({ taskId }) => taskId);
}

function claimOne(
  context: StoreContext,
  taskId: string,
  request: ClaimRequest,
  nowMs: number,
): TaskLease | undefined {
  const { prepared } = context;
  const row = rowThatExists(context, taskId);
  const inputs = intactInputs(context, row, nowMs);
  if (!inputs) return undefined;
  const { node, incarnation, leaseMs } = request;
  const fence = nextSequence(prepared, "fence");
  const attempt = row.attempt + 1;
  prepared.startTask.run({ taskId, fence, node, nowMs });
  const expiresAt = nowMs + leaseMs;
  prepared.insertLease.run({ taskId, fence, attempt, node, incarnation, nowMs, expiresAt });
  const queueMs = Math.max(0, nowMs - row.runAt);
  prepared.insertAttempt.run({ taskId, attempt, fence, node, nowMs, queueMs });
  const parameters: TaskParameters = JSON.parse(row.parameters);
  return { taskId, fence, attempt, type: row.type, model: row.model, parameters, inputs, leaseMs };
}

/** The input files, or undefined when the task's rows are damaged and it has failed for that. */
function intactInputs(
  context: StoreContext,
  row: TaskRow,
  nowMs: number,
): readonly TaskFile[] | undefined {
  try {
    checkPayload(row);
    return readFiles(row.taskId, context.prepared.inputs.all(row.taskId), {
      what: "input",
      count: row.inputCount,
      size: null,
    });
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== "corrupt") throw cause;
    const found = finding(row.taskId, cause.code, cause.detail);
    endUnsuccessfully(context, row, { status: "failed", from: "pending", found, nowMs });
    context.endedUntold.push(row.taskId);
    return undefined;
  }
}

/** Whether the task waits again; otherwise it has ended. */
function loseLease(
  context: StoreContext,
  { taskId, fence, node }: HeldLease,
  { outcome, nowMs }: { readonly outcome: "released" | "lease_expired"; readonly nowMs: number },
): boolean {
  const row = rowThatExists(context, taskId);
  const { attempt, retryCount } = row;
  const isCancelRequested = row.cancelRequestedAt !== null;
  const end = { taskId, attempt, isCancelRequested, nowMs, lostLeases: row.lostLeases };
  const next = afterLostLease(end, context.policy);
  const lostLeases = row.lostLeases + 1;
  const seen = `lease ${lostLeases} was lost: node "${node}" ${reasons[outcome]}`;
  context.prepared.deleteLease.run({ taskId, fence });
  if (next.kind === "waiting") {
    const found = finding(taskId, "lease_lost", seen);
    returnToQueue(context, row, { next, outcome, found, retryCount, lostLeases, nowMs });
    return true;
  }
  const { status } = next;
  const found =
    status === "cancelled"
      ? finding(taskId, "cancelled", row.cancelReason ?? "")
      : finding(
          taskId,
          "POISON",
          `${seen}; the task may be what ends its workers, so none runs it again`,
        );
  const ended = { ...row, lostLeases };
  endUnsuccessfully(context, ended, { status, from: "running", found, outcome, nowMs });
  return false;
}

const reasons = {
  released: "is gone or does not hold it",
  lease_expired: "did not renew it in time",
} as const;

function rowThatExists({ prepared }: StoreContext, taskId: string): TaskRow {
  const row = prepared.task.get(taskId);
  if (row) return row;
  throw new Failure(
    "corrupt",
    `task ${taskId} is indexed or leased, but its row is missing; restore a backup`,
  );
}
