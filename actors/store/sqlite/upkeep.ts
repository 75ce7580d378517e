// What time does to the store: leases expire, retries fall due, keys and ended tasks are forgotten.
// Each call does at most `limit` things, so that one commit stays short.
import type { SweepReport } from "#protocols/tasks/store.ts";
import { loseLeases } from "./leasing.ts";
import type { StoreContext } from "./store-context.ts";

export function sweep(context: StoreContext, limit: number, nowMs: number): SweepReport {
  const { prepared } = context;
  const expired = prepared.expiredLeases.all({ nowMs, max: limit });
  const { released, failed } = loseLeases(context, expired, { outcome: "lease_expired", nowMs });
  let left = limit - expired.length;
  const due = left > 0 ? prepared.promoteDue.run({ nowMs, max: left }).changes : 0;
  left -= due;
  left -= left > 0 ? forgetKeys(context, left, nowMs) : 0;
  if (left > 0) forgetTasks(context, left, nowMs);
  const untold = context.endedUntold.splice(0);
  return { released, failed: [...failed, ...untold], due, nextAt: prepared.nextAt.get() ?? null };
}

/** A key lives at least as long as its task runs; otherwise a repeat would make a second task. */
function forgetKeys({ prepared, policy }: StoreContext, max: number, nowMs: number): number {
  const keys = prepared.expiredKeys.all({ nowMs, max });
  for (const { scope, key, isLive } of keys) {
    if (isLive === 0) prepared.deleteKey.run({ scope, key });
    else prepared.extendKey.run({ scope, key, expiresAt: nowMs + policy.idempotencyTtlMs });
  }
  return keys.length;
}

function forgetTasks({ prepared }: StoreContext, max: number, nowMs: number): void {
  for (const taskId of prepared.expiredTasks.all({ nowMs, max })) {
    prepared.deleteResults.run(taskId);
    prepared.deleteInputs.run(taskId);
    prepared.deleteAttempts.run(taskId);
    prepared.deleteTask.run(taskId);
  }
}
