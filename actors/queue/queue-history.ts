// Points of the queues' history, one of each series every ten seconds. Pure.
import type { MetricPoint } from "#protocols/tasks/metric-records.ts";
import { metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { queueSeries } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";

const everyMs = 10_000;

type Totals = Pick<
  QueueView,
  "completedTotal" | "failedTotal" | "cancelledTotal" | "timedOutTotal" | "evictedTotal"
>;

export class QueueHistory {
  readonly #former = new Map<string, Totals>();
  #lastAt = Number.NEGATIVE_INFINITY;

  /** Nothing until ten seconds have passed. `at`: milliseconds since 1970 UTC. */
  seen(queues: readonly QueueView[], at: number): readonly MetricPoint[] {
    const wentBack = at < this.#lastAt;
    if (at - this.#lastAt < everyMs && !wentBack) return [];
    const seconds = wentBack ? 0 : (at - this.#lastAt) / 1_000;
    this.#lastAt = at;
    return queues.flatMap((queue) => this.#pointsOf(queue, { at, seconds }));
  }

  /** `seconds`: since the points before; infinite: there were none. */
  #pointsOf(
    view: QueueView,
    { at, seconds }: { readonly at: number; readonly seconds: number },
  ): readonly MetricPoint[] {
    const { queue, pending, running, waitingConfirmation, queueMsMean, runMsMean } = view;
    const former = this.#former.get(queue) ?? view;
    this.#former.set(queue, view);
    const since = (total: keyof Totals): number => Math.max(0, view[total] - former[total]);
    const isPaced = seconds > 0 && seconds < Number.POSITIVE_INFINITY;
    const perSecond = (total: keyof Totals): number | null =>
      isPaced ? since(total) / seconds : null;
    const values = {
      [queueSeries.pending]: pending,
      [queueSeries.running]: running,
      [queueSeries.waitingConfirmation]: waitingConfirmation,
      [queueSeries.completed]: since("completedTotal"),
      [queueSeries.failed]: since("failedTotal"),
      [queueSeries.cancelled]: since("cancelledTotal"),
      [queueSeries.timedOut]: since("timedOutTotal"),
      [queueSeries.evicted]: since("evictedTotal"),
      [queueSeries.completedPerSecond]: perSecond("completedTotal"),
      [queueSeries.failedPerSecond]: perSecond("failedTotal"),
      [queueSeries.queueMs]: queueMsMean,
      [queueSeries.runMs]: runMsMean,
    };
    const labels = metricLabelsText({ queue });
    return Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [{ name, labels, at, count: 1, sum: value, min: value, max: value }],
    );
  }
}
