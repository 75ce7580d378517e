// What is set of a queue, and what is told of it.
import { limits } from "../limits.ts";
import type { FairWeights } from "./fair-weights.ts";
import type { RetryPolicy } from "./task.ts";

export interface QueueSettings {
  readonly queue: string;
  readonly isPaused?: boolean;
  /** Tasks that may wait (scheduled or pending); as many again may wait for people. */
  readonly pendingMax?: number;
  readonly pendingBytesMax?: number;
  readonly perUserMax?: number;
  /** `block`: as `reject`, and producers are to wait for room instead of giving up. */
  readonly whenFull?: "reject" | "evict_lowest" | "block";
  /** Milliseconds by which one level of priority goes ahead. 0: strictly by arrival. */
  readonly agingMsPerLevel?: number;
  /** Fair: keys take turns by what their tasks cost, in milliseconds of a cost of 1; 0: not. */
  readonly fairMs?: number;
  /** By user: a task moves its user's flow on by its cost over this. null, and who is not named: 1. */
  readonly fairWeights?: FairWeights | null;
  readonly leaseMs?: number;
  readonly retry?: RetryPolicy;
  readonly completedTtlMs?: number;
  /** Of failed, cancelled, timed-out and evicted tasks. */
  readonly failedTtlMs?: number;
  /** Submissions without an idempotency key are refused. */
  readonly isKeyRequired?: boolean;
}

const hourMs = 3_600_000;

/** Of a queue of which nothing is set. */
export const queueSettingsDefault: Required<Omit<QueueSettings, "queue">> = {
  isPaused: false,
  pendingMax: limits.queuePendingMax,
  pendingBytesMax: limits.queuePendingBytesMax,
  perUserMax: limits.queuePendingMax,
  whenFull: "reject",
  agingMsPerLevel: 30_000,
  fairMs: 0,
  fairWeights: null,
  leaseMs: 15_000,
  retry: { baseMs: 1_000, factor: 2, capMs: 300_000, jitter: "full" },
  completedTtlMs: 24 * hourMs,
  failedTtlMs: 7 * 24 * hourMs,
  isKeyRequired: false,
};

export interface QueueView extends Required<QueueSettings> {
  readonly pending: number;
  /** Of these: not yet due, as a retry that waits. */
  readonly scheduled: number;
  readonly pendingBytes: number;
  readonly running: number;
  /** Tasks that wait for a person. */
  readonly waitingConfirmation: number;
  readonly completedTotal: number;
  readonly failedTotal: number;
  readonly cancelledTotal: number;
  readonly timedOutTotal: number;
  readonly evictedTotal: number;
  /** Tasks that ended, and attempts that began, per second over the last ten. */
  readonly endedPerSecond: number;
  readonly claimedPerSecond: number;
  /** Retries of the last ten seconds, and how many more would come soon. Over: they wait longer. */
  readonly retriesLately: number;
  readonly retryBudgetLeft: number;
  /** Of the last 1,000 completed attempts: how long they waited and ran; null before the first. */
  readonly queueMsMean: number | null;
  readonly runMsMean: number | null;
}
