// The queues of a cluster as tables: all together, and each by itself where there are several.
import { formatDuration } from "./figures.ts";
import type { StatusReport } from "./status-report.ts";
import { formatTable } from "./table.ts";

export function queueTables({ queue }: StatusReport): string {
  if (queue === null) return "the queue does not answer";
  const { scheduled, pending, running, completed, failed, cancelled, queues = [] } = queue;
  const rate = queue.completedPerSecond.toFixed(1);
  const all = [[scheduled, pending, running, completed, failed, cancelled, rate]];
  const total = [formatTable(totalHeads, all), ...acknowledged(queue.storeAck)].join("\n");
  const isPlain = queues.length < 2 && !queues.some((queue) => queue.rate ?? queue.userRate);
  return isPlain ? total : `${total}\n\n${formatTable(queueHeads, queues.map(rowOf))}`;
}

/** What that survives: docs/durability.md. */
const acknowledged = (ack: string | undefined): readonly string[] =>
  ack === undefined ? [] : [`new tasks are acknowledged as ${ack}`];

const totalHeads = [
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "PER SECOND",
];

const queueHeads = [
  "QUEUE",
  "PENDING",
  "OF",
  "RUNNING",
  "COMPLETED",
  "EVICTED",
  "RATE",
  "WAIT",
  "RUN",
];

type QueueLine = NonNullable<NonNullable<StatusReport["queue"]>["queues"]>[number];

const rowOf = (line: QueueLine): readonly (string | number)[] => [
  line.isPaused ? `${line.queue} (paused)` : line.queue,
  line.pending,
  line.pendingMax,
  line.running,
  line.completedTotal,
  line.evictedTotal,
  ratesOf(line),
  meanOf(line.queueMsMean),
  meanOf(line.runMsMean),
];

/** Tasks a second: of all, and of each user. */
function ratesOf({ rate, userRate }: QueueLine): string {
  const all = rate ? [`${rate.perSecond}/s`] : [];
  const each = userRate ? [`${userRate.perSecond}/s a user`] : [];
  return [...all, ...each].join(", ") || "-";
}

const meanOf = (ms: number | null): string => (ms === null ? "-" : formatDuration(ms));
