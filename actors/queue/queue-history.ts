// Points of the queues' history, one of each series every ten seconds. Pure.
//
// What ended is counted from the point before. With the counts the totals are written, so that the first
// point after a restart, or after one that the store did not take, counts from what the store has: the
// sum of the history is the total of the store again. A queue of which it has nothing counts from zero.
import type { MetricPoint } from "#protocols/tasks/metric-records.ts";
import { metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { queueSeries } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";

const everyMs = 10_000;
/** Totals that have not changed are written as often, which is where `keptTotals` looks first. */
const totalsEveryMs = 3_600_000;

export type QueueTotals = Pick<
  QueueView,
  "completedTotal" | "failedTotal" | "cancelledTotal" | "timedOutTotal" | "evictedTotal"
>;

export const noTotals: QueueTotals = {
  ...{ completedTotal: 0, failedTotal: 0, cancelledTotal: 0 },
  ...{ timedOutTotal: 0, evictedTotal: 0 },
};

interface Former {
  readonly totals: QueueTotals;
  /** Of the point before; undefined: there is none in this life. */
  readonly at: number | undefined;
  /** When the totals were written last. */
  readonly totalsAt: number;
}

/** What is written together, or not at all. */
export interface QueuePoints {
  readonly queue: string;
  readonly points: readonly MetricPoint[];
}

export class QueueHistory {
  readonly #former = new Map<string, Former>();
  #lastAt = Number.NEGATIVE_INFINITY;

  /** Where the history of a queue stands; until that is said it gets no points. */
  standsAt(queue: string, totals: QueueTotals): void {
    this.#former.set(queue, { totals, at: undefined, totalsAt: Number.NEGATIVE_INFINITY });
  }

  /** Of these it has to be said where they stand. */
  unread(queues: readonly QueueView[]): readonly QueueView[] {
    return queues.filter(({ queue }) => !this.#former.has(queue));
  }

  /** Points of it were not taken: it has to be said anew where it stands. */
  lost(queue: string): void {
    this.#former.delete(queue);
  }

  /** Nothing until ten seconds have passed. `at`: milliseconds since 1970 UTC. */
  seen(queues: readonly QueueView[], at: number): readonly QueuePoints[] {
    const wentBack = at < this.#lastAt;
    if (at - this.#lastAt < everyMs && !wentBack) return [];
    const all = queues.flatMap((view) => this.#pointsOf(view, at) ?? []);
    if (all.length > 0) this.#lastAt = at;
    return all;
  }

  #pointsOf(view: QueueView, at: number): QueuePoints | undefined {
    const { queue, pending, running, waitingConfirmation, queueMsMean, runMsMean } = view;
    const former = this.#former.get(queue);
    if (!former) return undefined;
    const since = (total: keyof QueueTotals): number =>
      Math.max(0, view[total] - former.totals[total]);
    const seconds = former.at === undefined ? 0 : (at - former.at) / 1_000;
    const perSecond = (total: keyof QueueTotals): number | null =>
      seconds > 0 ? since(total) / seconds : null;
    const isChanged = totalNames.some((total) => view[total] !== former.totals[total]);
    const isTotalsDue = isChanged || Math.abs(at - former.totalsAt) >= totalsEveryMs;
    this.#former.set(queue, { totals: view, at, totalsAt: isTotalsDue ? at : former.totalsAt });
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
      ...(isTotalsDue && totalsOf(view)),
    };
    const labels = metricLabelsText({ queue });
    const points = Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [{ name, labels, at, count: 1, sum: value, min: value, max: value }],
    );
    return { queue, points };
  }
}

export const totalNames = [
  "completedTotal",
  "failedTotal",
  "cancelledTotal",
  "timedOutTotal",
  "evictedTotal",
] as const;

const totalsOf = (view: QueueTotals): Readonly<Record<string, number>> =>
  Object.fromEntries(totalNames.map((total) => [queueSeries[total], view[total]]));

/** In portions of at most so many points; the points of a queue stay together. */
export function portionsOf(
  all: readonly QueuePoints[],
  pointsMax: number,
): readonly (readonly QueuePoints[])[] {
  const portions: QueuePoints[][] = [];
  let room = 0;
  for (const one of all) {
    if (one.points.length > room) {
      portions.push([]);
      room = pointsMax;
    }
    portions.at(-1)?.push(one);
    room -= one.points.length;
  }
  return portions;
}
