// The store's own rules, as figures: how much may wait, how often and when work is tried again, how
// long ended tasks are kept.
import { storeLimits } from "#protocols/store-limits.ts";
import { type QueueSettings, queueSettingsDefault } from "#protocols/tasks/queue-view.ts";

export interface StorePolicy {
  /** Of a queue, where its settings say nothing else. */
  readonly queue: Required<Omit<QueueSettings, "queue">>;
  /** Queues of one store. Full: a submission to a further one fails with `invalid`. */
  readonly queuesMax: number;
  /** Retries after the first attempt, when the submission names no number. */
  readonly retriesMaxDefault: number;
  /** Retries of a queue in ten seconds: a share of its claims, and some more. Over: they wait longer. */
  readonly retryBudget: { readonly shareOfClaims: number; readonly floor: number };
  /** Leases that a task may lose. One more: it fails with the code `POISON`. */
  readonly lostLeasesMax: number;
  /** A key lives so long at least, and as long as its task. */
  readonly idempotencyTtlMs: number;
  /** After a task was forgotten, who asks for its result hears `gone` for so long. */
  readonly tombstoneTtlMs: number;
  /** Forgotten tasks of which that is known. Full: the oldest give way, and are unknown. */
  readonly tombstonesMax: number;
  /** What a living task's child has ended with is kept for so long beyond its time, again and again. */
  readonly keptForParentMs: number;
  /** Progress of a task is written at most so often. */
  readonly progressEveryMs: number;
  /** Events of one channel. Older ones are forgotten by the sweep. */
  readonly eventsKept: number;
  readonly eventsKeptMs: number;
  /** Questions of one task. More: `invalid`. */
  readonly confirmationsMax: number;
}

const hourMs = 3_600_000;

export const storePolicyDefault: StorePolicy = {
  queue: queueSettingsDefault,
  queuesMax: storeLimits.queuesMax,
  retriesMaxDefault: 3,
  retryBudget: { shareOfClaims: 0.2, floor: 10 },
  lostLeasesMax: 3,
  idempotencyTtlMs: 24 * hourMs,
  tombstoneTtlMs: 7 * 24 * hourMs,
  tombstonesMax: storeLimits.tombstonesMax,
  keptForParentMs: hourMs,
  progressEveryMs: 1_000,
  eventsKept: storeLimits.channelEventsMax,
  eventsKeptMs: hourMs,
  confirmationsMax: storeLimits.taskConfirmationsMax,
};
