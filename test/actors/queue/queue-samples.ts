// A queue as it is shown, with nothing in it but what a test says.
import type { QueueView } from "#protocols/tasks/queue-view.ts";

export const viewOf = (terms: Partial<QueueView>): QueueView => ({
  ...{ queue: "q", isPaused: false, pendingMax: 100, pendingBytesMax: 1_000, perUserMax: 100 },
  ...{
    whenFull: "reject",
    agingMsPerLevel: 0,
    fairMs: 0,
    fairWeights: null,
    leaseMs: 15_000,
    isKeyRequired: false,
  },
  retry: { baseMs: 1, factor: 1, capMs: 1, jitter: "none" },
  ...{ completedTtlMs: 1, failedTtlMs: 1, pending: 0, pendingBytes: 0, running: 0 },
  ...{ completedTotal: 0, failedTotal: 0, cancelledTotal: 0, timedOutTotal: 0, evictedTotal: 0 },
  waitingConfirmation: 0,
  ...{
    endedPerSecond: 0,
    claimedPerSecond: 0,
    scheduled: 0,
    retriesLately: 0,
    retryBudgetLeft: 10,
    queueMsMean: null,
    runMsMean: null,
  },
  ...terms,
});
