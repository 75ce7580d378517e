// Leases after they were granted: extended by heartbeats, given back by their workers, and taken from
// workers that went away.
import { storeLimits } from "#protocols/store-limits.ts";
import type { ClaimRates, ReleaseRequest } from "#protocols/tasks/claim-request.ts";
import { poisonCode } from "#protocols/tasks/failure-strategy.ts";
import type {
  Heartbeat,
  HeartbeatAnswer,
  HeldResult,
  LossReport,
  ReleaseReport,
} from "#protocols/tasks/store.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { LeaseRecord, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endCancelled } from "./cancellation.ts";
import { ClaimPace } from "./claim-pace.ts";
import { endAttempt, endDamaged, endTask, type Finding } from "./ending.ts";
import { logFailure } from "./failure-log.ts";
import { heldTask } from "./holding.ts";
import { NodeFaults, verdictOn } from "./node-faults.ts";
import { queueOf } from "./queue-settings.ts";
import { afterLostLease } from "./retry-plan.ts";
import { move } from "./transition.ts";

/**
 * A lease that is to be given up is extended too, for a while: its worker needs the time to do that. Who
 * does not heed it then loses the lease, and the task ends as cancelled.
 */
export function heartbeat(context: StoreContext, beat: Heartbeat): HeartbeatAnswer {
  const { shelf, nowMs } = context;
  const lost: LeaseRef[] = [];
  const cancel: { readonly lease: LeaseRef; readonly reason: string }[] = [];
  for (const lease of beat.leases) {
    const held = shelf.lease(lease.taskId);
    const task = heldTask(context, lease);
    if (!held || !task || held.node !== beat.node) {
      lost.push(lease);
      continue;
    }
    const leaseMs = beat.leaseMs ?? queueOf(context, task.queue).leaseMs;
    if (!isGraceOver(task, nowMs)) {
      shelf.putLease({ ...held, expiresAt: nowMs + leaseMs, renewals: held.renewals + 1 });
    }
    if (task.cancelRequestedAt !== null) cancel.push({ lease, reason: task.cancelReason ?? "" });
  }
  return { lost, cancel };
}

const isGraceOver = ({ cancelRequestedAt }: TaskRecord, nowMs: number): boolean =>
  cancelRequestedAt !== null && nowMs - cancelRequestedAt > storeLimits.cancelGraceMs;

/** Back to its place, as if it had not been claimed; the number of the attempt is not used again. */
export function release(context: StoreContext, { rates, ...lease }: ReleaseRequest): HeldResult {
  const task = heldTask(context, lease);
  if (!task) return { kind: "lost" };
  new ClaimPace(context, rates).gaveBack(task);
  if (task.cancelRequestedAt !== null) {
    endCancelled(context, task);
    return { kind: "done" };
  }
  endAttempt(context, task, { outcome: "released" });
  move(context, task, { to: "pending", event: "released", changes: { assignedNode: null } });
  return { kind: "done" };
}

/** As `release`, of what the node has beside the named leases. */
export function recall(
  context: StoreContext,
  { node, except, rates = {} }: RecallRequest,
): ReleaseReport {
  const { info } = context;
  let released = 0;
  const ended: string[] = [];
  for (const { taskId, fence } of leasesBeside(context, { node, except })) {
    try {
      const { kind } = release(context, { taskId, fence, epoch: info.epoch, rates });
      const isWaiting = context.shelf.task(taskId)?.status === "pending";
      if (kind === "done" && isWaiting) released += 1;
      else if (kind === "done") ended.push(taskId);
    } catch (cause) {
      endDamaged(context, taskId, cause);
      ended.push(taskId);
    }
  }
  return { released, ended };
}

export function releaseNode(
  context: StoreContext,
  request: Omit<RecallRequest, "rates">,
): LossReport {
  const gone = leasesBeside(context, request);
  return loseLeases(context, gone, "is gone or does not hold it");
}

interface RecallRequest {
  readonly node: string;
  readonly except: readonly LeaseRef[];
  readonly rates?: ClaimRates;
}

function leasesBeside(
  { shelf, info }: StoreContext,
  { node, except }: RecallRequest,
): readonly LeaseRecord[] {
  const kept = new Map(
    except.filter(({ epoch }) => epoch === info.epoch).map(({ taskId, fence }) => [taskId, fence]),
  );
  return shelf.leasesOfNode(node).filter(({ taskId, fence }) => kept.get(taskId) !== fence);
}

/** Takes the leases back. `why` continues a sentence about their nodes. */
export function loseLeases(
  context: StoreContext,
  leases: readonly LeaseRecord[],
  why: string,
): LossReport {
  let released = 0;
  const ended: string[] = [];
  const faults = new NodeFaults();
  for (const lease of leases) {
    if (isWaitingAfterLoss(context, lease, { why, faults })) released += 1;
    else ended.push(lease.taskId);
  }
  return { released, ended, faults: faults.all };
}

interface Loss {
  readonly why: string;
  readonly faults: NodeFaults;
}

function isWaitingAfterLoss(context: StoreContext, lease: LeaseRecord, loss: Loss): boolean {
  try {
    return loseLease(context, lease, loss);
  } catch (cause) {
    endDamaged(context, lease.taskId, cause);
    return false;
  }
}

/** Whether the task waits again; otherwise it has ended. */
function loseLease(context: StoreContext, lease: LeaseRecord, { faults, why }: Loss): boolean {
  const { shelf, nowMs, policy } = context;
  const task = shelf.task(lease.taskId);
  if (task?.status !== "running" || task.fence !== lease.fence) {
    // The lease of a task that went on without it.
    shelf.dropLease(lease);
    return true;
  }
  const queue = queueOf(context, task.queue);
  const next = afterLostLease(task, { queue, policy, nowMs });
  const lostLeases = task.lostLeases + 1;
  const detail = `lease ${lostLeases} was lost: node "${lease.node}" ${why}`;
  if (next.kind === "ends") {
    if (next.status === "cancelled") {
      endCancelled(context, task, { lostLeases });
    } else {
      endTask(context, task, { ...poisonous(detail), changes: { lostLeases } });
      faults.lost(lease.node, "suspected");
    }
    return false;
  }
  const verdict = verdictOn(task, lease, shelf);
  const finding: Finding = { class: "node_lost", code: "lease_lost", detail };
  logFailure(context, task, finding, { isRetried: true });
  endAttempt(context, task, { outcome: "lease_expired", finding, nextRunAt: next.runAt });
  move(context, task, {
    to: next.status,
    event: "lease_lost",
    changes: {
      lostLeases,
      runAt: next.runAt,
      assignedNode: null,
      errorClass: finding.class,
      errorCode: finding.code,
      error: detail,
    },
  });
  faults.lost(lease.node, verdict);
  return true;
}

const poisonous = (detail: string) => ({
  status: "failed" as const,
  class: "node_lost" as const,
  code: poisonCode,
  detail: `${detail}; the task may be what ends its workers, so none runs it again`,
});
