// The QueueMonitor's protocol: it is shown the queues as they stand, and sees to it that people and
// histories learn of it. Beside it, the names under which it tells.
import { protocol, tell } from "../protocol.ts";
import type { MetricPoint } from "./metric-records.ts";
import type { UnrunnableKind } from "./queue.ts";
import type { QueueView } from "./queue-view.ts";

export interface QueueMonitor {
  observe(queues: readonly QueueView[]): void;
  /** Points of the history. */
  record(points: readonly MetricPoint[]): void;
  /** What waits and no worker can run, as long as that is so. */
  observeUnrunnable(kinds: readonly UnrunnableKind[]): void;
}
export const QueueMonitor = protocol<QueueMonitor>("tasks.QueueMonitor@2", {
  observe: tell,
  record: tell,
  observeUnrunnable: tell,
});

/** The store's time is not that of its machine's clock; the subject is `store`. */
export const clockRule = "store_clock";
/** Rules of alerts; the subject of an alert is the queue. */
export const fillRule = "queue_fill";
export const evictionRule = "queue_eviction";
export const unrunnableRule = "queue_unrunnable";

/** Series of the history of metrics; each has the label `queue`. */
export const queueSeries = {
  /** How many there were when it was looked at. */
  pending: "queue.pending",
  running: "queue.running",
  waitingConfirmation: "queue.waiting_confirmation",
  /** How many ended so since the point before. */
  completed: "queue.completed",
  failed: "queue.failed",
  cancelled: "queue.cancelled",
  timedOut: "queue.timed_out",
  evicted: "queue.evicted",
  /** How many had ended so in all, up to that point: the history goes on from there after a restart. */
  completedTotal: "queue.completed_total",
  failedTotal: "queue.failed_total",
  cancelledTotal: "queue.cancelled_total",
  timedOutTotal: "queue.timed_out_total",
  evictedTotal: "queue.evicted_total",
  /** Of these, how many a second. */
  completedPerSecond: "queue.completed_per_second",
  failedPerSecond: "queue.failed_per_second",
  /** Milliseconds that each completed attempt waited and ran, counted in buckets. */
  waits: "queue.waits",
  runs: "queue.runs",
  /** Mean milliseconds that completed attempts waited and ran. */
  queueMs: "queue.wait_ms",
  runMs: "queue.run_ms",
} as const;

/** The channel of events that concern the whole cluster. */
export const systemChannel = "system";
export const systemNotification = "system_notification";
