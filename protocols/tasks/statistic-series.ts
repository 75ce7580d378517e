// The series of the history that everybody may read, by name: what each counts, and by what they are told
// apart. A `gauge` was looked at, a `count` happened since the point before, `durations` are those of
// single attempts.
import { queueSeries } from "./queue-monitor.ts";
import { systemSeries } from "./state-notices.ts";

export interface StatisticSeries {
  readonly kind: "gauge" | "count" | "durations";
  readonly unit: string;
  /** What tells the series of one name apart; null: there is one. */
  readonly label: "queue" | "node" | "status" | null;
}

const of =
  (label: StatisticSeries["label"]) =>
  (kind: StatisticSeries["kind"], unit: string): StatisticSeries => ({ kind, unit, label });
const queue = of("queue");
const system = of(null);
const node = of("node");
const status = of("status");

export const statisticSeries: Readonly<Record<string, StatisticSeries>> = {
  [queueSeries.pending]: queue("gauge", "tasks"),
  [queueSeries.running]: queue("gauge", "tasks"),
  [queueSeries.waitingConfirmation]: queue("gauge", "tasks"),
  [queueSeries.completed]: queue("count", "tasks"),
  [queueSeries.failed]: queue("count", "tasks"),
  [queueSeries.cancelled]: queue("count", "tasks"),
  [queueSeries.timedOut]: queue("count", "tasks"),
  [queueSeries.evicted]: queue("count", "tasks"),
  [queueSeries.completedPerSecond]: queue("gauge", "1/s"),
  [queueSeries.failedPerSecond]: queue("gauge", "1/s"),
  [queueSeries.waits]: queue("durations", "ms"),
  [queueSeries.runs]: queue("durations", "ms"),
  [queueSeries.queueMs]: queue("gauge", "ms"),
  [queueSeries.runMs]: queue("gauge", "ms"),
  [systemSeries.tasks]: status("gauge", "tasks"),
  [systemSeries.nodes]: status("gauge", "nodes"),
  [systemSeries.pendingBytes]: system("gauge", "bytes"),
  [systemSeries.endedPerSecond]: system("gauge", "1/s"),
  [systemSeries.claimedPerSecond]: system("gauge", "1/s"),
  [systemSeries.queueMs]: system("gauge", "ms"),
  [systemSeries.runMs]: system("gauge", "ms"),
  [systemSeries.cpuPercent]: node("gauge", "%"),
  [systemSeries.memoryPercent]: node("gauge", "%"),
  [systemSeries.runningTasks]: node("gauge", "tasks"),
};

/** The value of the one label in a text of labels; empty where there is none. */
export function labelledIn(labels: string): string {
  const value: unknown = JSON.parse(labels.slice(labels.indexOf("=") + 1) || '""');
  return typeof value === "string" ? value : "";
}
