// The store's own rules, as figures: how much may wait, how often and when work is tried again, how
// long ended tasks are kept.
import { limits } from "#protocols/limits.ts";
import type { BackoffSpec } from "#runtime/core/backoff.ts";

export interface StorePolicy {
  /** Tasks that may wait (pending or scheduled). Full: a submission is answered `full`. */
  readonly waitingMax: number;
  /** Bytes of parameters and inputs that may wait. Full: as `waitingMax`. */
  readonly waitingBytesMax: number;
  /** A task of priority p is overtaken only by those that arrive within p times this. */
  readonly agingMsPerLevel: number;
  /** Retries after the first attempt, when the submission names no number. */
  readonly retriesMaxDefault: number;
  readonly retry: BackoffSpec;
  /** Leases that a task may lose. One more: it fails with the code `POISON`. */
  readonly lostLeasesMax: number;
  readonly completedTtlMs: number;
  /** For failed and cancelled tasks. */
  readonly failedTtlMs: number;
  readonly idempotencyTtlMs: number;
}

const hourMs = 3_600_000;

export const storePolicyDefault: StorePolicy = {
  waitingMax: limits.queuePendingMax,
  waitingBytesMax: limits.queuePendingBytesMax,
  agingMsPerLevel: 30_000,
  retriesMaxDefault: 3,
  // Full jitter: the whole delay is left to chance.
  retry: { delayMsMin: 200, delayMsMax: 60_000, factor: 2, jitter: 1 },
  lostLeasesMax: 3,
  completedTtlMs: 24 * hourMs,
  failedTtlMs: 7 * 24 * hourMs,
  idempotencyTtlMs: 24 * hourMs,
};
