// How long the completed attempts of each queue waited and ran, until it is written into the history. Pure.
import { storeLimits } from "#protocols/store-limits.ts";
import { type MetricPoint, metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { queueSeries } from "#protocols/tasks/queue-monitor.ts";
import { WaitBuckets } from "#protocols/tasks/wait-buckets.ts";

export interface CompletedAttempt {
  readonly queue: string;
  readonly queueMs: number;
  readonly runMs: number;
}

interface Durations {
  readonly buckets: WaitBuckets;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

const everyMs = 10_000;

export class WaitTally {
  #queues = new Map<string, { readonly waits: Durations; readonly runs: Durations }>();
  #lastMs = Number.NEGATIVE_INFINITY;

  /** There are no more queues than a store has; what is of a further one is not counted. */
  note({ queue, queueMs, runMs }: CompletedAttempt): void {
    const former = this.#queues.get(queue);
    if (!former && this.#queues.size >= storeLimits.queuesMax) return;
    const waits = withOne(former?.waits, queueMs);
    this.#queues.set(queue, { waits, runs: withOne(former?.runs, runMs) });
  }

  /** What was noted, every ten seconds; else nothing. `at`: milliseconds since 1970 UTC. */
  points(nowMs: number, at: number): readonly MetricPoint[] {
    if (nowMs - this.#lastMs < everyMs) return [];
    this.#lastMs = nowMs;
    const noted = this.#queues;
    this.#queues = new Map();
    return [...noted].flatMap(([queue, { waits, runs }]) => [
      pointOf(waits, { name: queueSeries.waits, queue, at }),
      pointOf(runs, { name: queueSeries.runs, queue, at }),
    ]);
  }
}

function withOne(former: Durations | undefined, ms: number): Durations {
  const buckets = former?.buckets ?? new WaitBuckets();
  buckets.add(ms);
  const { count = 0, sum = 0, min = ms, max = ms } = former ?? {};
  return {
    ...{ buckets, count: count + 1, sum: sum + ms },
    ...{ min: Math.min(min, ms), max: Math.max(max, ms) },
  };
}

interface Labelled {
  readonly name: string;
  readonly queue: string;
  readonly at: number;
}

function pointOf({ buckets, ...figures }: Durations, { name, queue, at }: Labelled): MetricPoint {
  return { name, at, labels: metricLabelsText({ queue }), ...figures, histogram: buckets.bytes };
}
