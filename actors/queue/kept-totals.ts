// Where the history of a queue stands in the store: the totals that were written with its last point. They
// only grow, so the newest of an hour is its highest, and steps of an hour, which are kept longest, do.
import { storeLimits } from "#protocols/store-limits.ts";
import type { MetricBucket, MetricRecords } from "#protocols/tasks/metric-records.ts";
import { metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { queueSeries } from "#protocols/tasks/queue-monitor.ts";
import { noTotals, type QueueTotals } from "./queue-history.ts";

export interface MetricsSource {
  metrics(request: Parameters<MetricRecords["metrics"]>[0]): PromiseLike<readonly MetricBucket[]>;
}

const hourMs = 3_600_000;
/** Steps of an hour that are looked at together: those since just now, then more. */
const hoursTogether = { first: 3, further: 1_000 } as const;

/**
 * Zero of a queue that has no history; undefined where it has one without totals, of which nobody knows
 * how far it went.
 */
export async function keptTotals(
  source: MetricsSource,
  queue: string,
  nowMs: number,
): Promise<QueueTotals | undefined> {
  const labels = metricLabelsText({ queue });
  const read = (name: string, { from, to }: { readonly from: number; readonly to: number }) =>
    source.metrics({ name, labels, stepMs: hourMs, from, to, limit: hoursTogether.further });
  const has = async (name: string): Promise<boolean> => {
    const all = { from: oldestAt(nowMs), to: nowMs + hourMs, limit: 1 };
    return (await source.metrics({ name, labels, stepMs: hourMs, ...all })).length > 0;
  };
  if (!(await has(queueSeries.completedTotal))) {
    return (await has(queueSeries.pending)) ? undefined : noTotals;
  }
  for (const range of rangesBefore(nowMs)) {
    const found = await read(queueSeries.completedTotal, range);
    if (found.length === 0) continue;
    const highest = async (total: keyof QueueTotals): Promise<number> =>
      (await read(queueSeries[total], range)).at(-1)?.max ?? 0;
    return {
      completedTotal: found.at(-1)?.max ?? 0,
      failedTotal: await highest("failedTotal"),
      cancelledTotal: await highest("cancelledTotal"),
      timedOutTotal: await highest("timedOutTotal"),
      evictedTotal: await highest("evictedTotal"),
    };
  }
  return undefined;
}

const oldestAt = (nowMs: number): number => Math.max(0, nowMs - storeLimits.metricHourTtlMs);

function* rangesBefore(nowMs: number): Generator<{ readonly from: number; readonly to: number }> {
  let to = nowMs + hourMs;
  for (let hours: number = hoursTogether.first; to > oldestAt(nowMs); ) {
    const from = Math.max(0, to - hours * hourMs);
    yield { from, to };
    to = from;
    hours = hoursTogether.further;
  }
}
