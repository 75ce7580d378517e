// Leases after they were granted: extended by heartbeats, given back by their workers, and taken from
// workers that went away.
import type {
  Heartbeat,
  HeartbeatAnswer,
  HeldResult,
  ReleaseReport,
} from "#protocols/tasks/store.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { LeaseRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endCancelled } from "./cancellation.ts";
import { endAttempt, endDamaged, endTask, type Finding } from "./ending.ts";
import { heldTask } from "./holding.ts";
import { queueOf } from "./queue-settings.ts";
import { afterLostLease } from "./retry-plan.ts";
import { move } from "./transition.ts";

/** A lease that is to be given up is extended too: its worker needs the time to do that. */
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
    shelf.putLease({ ...held, expiresAt: nowMs + leaseMs, renewals: held.renewals + 1 });
    if (task.cancelRequestedAt !== null) cancel.push({ lease, reason: task.cancelReason ?? "" });
  }
  return { lost, cancel };
}

/** Back to its place, as if it had not been claimed; the number of the attempt is not used again. */
export function release(context: StoreContext, lease: LeaseRef): HeldResult {
  const task = heldTask(context, lease);
  if (!task) return { kind: "lost" };
  if (task.cancelRequestedAt !== null) {
    endCancelled(context, task);
    return { kind: "done" };
  }
  endAttempt(context, task, { outcome: "released" });
  move(context, task, { to: "pending", event: "released", changes: { assignedNode: null } });
  return { kind: "done" };
}

export function releaseNode(
  context: StoreContext,
  request: { readonly node: string; readonly except: readonly LeaseRef[] },
): ReleaseReport {
  const { shelf, info } = context;
  const kept = new Map(
    request.except
      .filter(({ epoch }) => epoch === info.epoch)
      .map(({ taskId, fence }) => [taskId, fence]),
  );
  const gone = shelf
    .leasesOfNode(request.node)
    .filter(({ taskId, fence }) => kept.get(taskId) !== fence);
  return loseLeases(context, gone, "is gone or does not hold it");
}

/** Takes the leases back. `why` continues a sentence about their nodes. */
export function loseLeases(
  context: StoreContext,
  leases: readonly LeaseRecord[],
  why: string,
): ReleaseReport {
  let released = 0;
  const ended: string[] = [];
  for (const lease of leases) {
    if (isWaitingAfterLoss(context, lease, why)) released += 1;
    else ended.push(lease.taskId);
  }
  return { released, ended };
}

function isWaitingAfterLoss(context: StoreContext, lease: LeaseRecord, why: string): boolean {
  try {
    return loseLease(context, lease, why);
  } catch (cause) {
    endDamaged(context, lease.taskId, cause);
    return false;
  }
}

/** Whether the task waits again; otherwise it has ended. */
function loseLease(context: StoreContext, lease: LeaseRecord, why: string): boolean {
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
    if (next.status === "cancelled") endCancelled(context, task, { lostLeases });
    else endTask(context, task, { ...poisonous(detail), changes: { lostLeases } });
    return false;
  }
  const finding: Finding = { class: "node_lost", code: "lease_lost", detail };
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
  return true;
}

const poisonous = (detail: string) => ({
  status: "failed" as const,
  class: "node_lost",
  code: "POISON",
  detail: `${detail}; the task may be what ends its workers, so none runs it again`,
});
