// A queue in which nothing is and through which nothing went.
import type { QueueRecord } from "../records.ts";
import type { StorePolicy } from "../store-policy.ts";
import { windowFrom } from "./rate-window.ts";

export const blankQueue = (
  queue: string,
  { policy, nowMs }: { readonly policy: StorePolicy; readonly nowMs: number },
): QueueRecord => ({
  ...policy.queue,
  queue,
  scheduled: 0,
  pending: 0,
  pendingBytes: 0,
  running: 0,
  waitingConfirmation: 0,
  completedTotal: 0,
  failedTotal: 0,
  cancelledTotal: 0,
  timedOutTotal: 0,
  evictedTotal: 0,
  window: windowFrom(nowMs),
  runs: { count: 0, queueMsMean: 0, runMsMean: 0 },
});
