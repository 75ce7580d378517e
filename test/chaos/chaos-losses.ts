// How long it took until what a lost worker had in hand ran elsewhere, from the store's own record. Pure.
//
//   running on W ── fault on W ── lease_lost or released ── running again
//                   │◄── noticed ──►│                      │
//                   │◄──────────── run again ─────────────►│
//
// Time in which control node or store were away is subtracted from a second figure: nobody could have
// handed the task on then.
import type { TaskHistory, TaskTransition } from "./chaos-history.ts";

export interface WorkerFault {
  readonly target: string;
  /** Milliseconds since 1970 UTC, as all times here. */
  readonly at: number;
}

export interface Interval {
  readonly from: number;
  readonly to: number;
}

export interface Rerun {
  readonly taskId: string;
  readonly node: string;
  readonly noticedMs: number;
  readonly rerunMs: number;
  /** Of that, while somebody was there to hand it on. */
  readonly servedMs: number;
}

const givenUp: ReadonlySet<string> = new Set(["lease_lost", "released"]);

export function rerunsOf(
  histories: readonly TaskHistory[],
  faults: readonly WorkerFault[],
  away: readonly Interval[],
): readonly Rerun[] {
  return histories.flatMap(({ events, taskId }) =>
    events.flatMap((event, index): readonly Rerun[] => {
      if (event.type !== "running" || event.node === undefined) return [];
      const [end, next] = endOf(events, index);
      if (end === undefined || next === undefined || !givenUp.has(end.type)) return [];
      const { node } = event;
      const fault = faults.findLast(
        ({ at, target }) => target === node && at >= event.at && at <= end.at,
      );
      if (fault === undefined) return [];
      const rerunMs = next.at - fault.at;
      const servedMs = rerunMs - overlapMs({ from: fault.at, to: next.at }, away);
      return [{ taskId, node, noticedMs: end.at - fault.at, rerunMs, servedMs }];
    }),
  );
}

/** How the attempt that begins there ended, and the beginning of the one after it. */
function endOf(
  events: readonly TaskTransition[],
  index: number,
): readonly [TaskTransition | undefined, TaskTransition | undefined] {
  const later = events.slice(index + 1);
  const next = later.find(({ type }) => type === "running");
  const end = later.find(({ type }) => givenUp.has(type) || type === "completed");
  return [end, next];
}

function overlapMs(span: Interval, intervals: readonly Interval[]): number {
  return merged(intervals).reduce((sum, { from, to }) => {
    const shared = Math.min(span.to, to) - Math.max(span.from, from);
    return sum + Math.max(0, shared);
  }, 0);
}

function merged(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => a.from - b.from);
  const result: Interval[] = [];
  for (const interval of sorted) {
    const last = result.at(-1);
    if (last !== undefined && interval.from <= last.to) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, interval.to) };
    } else result.push(interval);
  }
  return result;
}
