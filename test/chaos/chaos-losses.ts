// How long it took until what a lost worker had in hand ran elsewhere, from the store's own record. Pure.
//
//   running on W ── W is lost ──► W is suspect ──► lease_lost or released ──► running again
//                       │◄─ suspected ─►│                    │                     │
//                       │◄─────────── taken from it ────────►│                     │
//                       │◄────────────────────── run again ───────────────────────►│
//
// Each length is told twice: by the clock, and without the time in which control node or store were away,
// since nobody could have handed the task on then.
import type { Suspicion, TaskHistory, TaskTransition } from "./chaos-history.ts";

export interface WorkerFault {
  readonly target: string;
  readonly act: "kill" | "freeze";
  /** Milliseconds since 1970 UTC, as all times here. */
  readonly at: number;
  /** When the worker could run again; undefined: that was not seen. */
  readonly backAt: number | undefined;
}

export interface Interval {
  readonly from: number;
  readonly to: number;
}

export interface Span {
  /** Milliseconds, all of them. */
  readonly clockMs: number;
  /** Of these, while somebody was there to hand a task on. */
  readonly servedMs: number;
}

export interface Rerun {
  readonly taskId: string;
  readonly node: string;
  /** Undefined: it ran again before anybody wrote that its node was suspect. */
  readonly suspected: Span | undefined;
  readonly taken: Span;
  readonly rerun: Span;
}

export interface LossRecord {
  readonly histories: readonly TaskHistory[];
  /** In the order in which they were done. */
  readonly faults: readonly WorkerFault[];
  readonly suspicions: readonly Suspicion[];
  /** When nobody was there to hand tasks on. */
  readonly away: readonly Interval[];
}

const givenUp: ReadonlySet<string> = new Set(["lease_lost", "released"]);

export function rerunsOf({ away, faults, histories, suspicions }: LossRecord): readonly Rerun[] {
  return histories.flatMap(({ events, taskId }) =>
    events.flatMap((event, index): readonly Rerun[] => {
      if (event.type !== "running" || event.node === undefined) return [];
      const [end, next] = endOf(events, index);
      if (end === undefined || next === undefined || !givenUp.has(end.type)) return [];
      const { node } = event;
      const own = faults.filter(({ at, target }) => target === node && at <= end.at);
      const from = lossAt(withTask(own, event.at));
      if (from === undefined) return [];
      const until = (to: number): Span => {
        const clockMs = to - from;
        return { clockMs, servedMs: clockMs - overlapMs({ from, to }, away) };
      };
      const suspicion = suspicions.find(
        (one) => one.node === node && one.at >= from && one.at <= next.at,
      );
      const suspected = suspicion && until(suspicion.at);
      return [{ taskId, node, suspected, taken: until(end.at), rerun: until(next.at) }];
    }),
  );
}

/** Those that hit the worker while it had the task; for one that stood still then, from when it was handed it. */
const withTask = (faults: readonly WorkerFault[], handedAt: number): readonly WorkerFault[] =>
  faults
    .filter(({ at, backAt }) => at >= handedAt || (backAt !== undefined && backAt > handedAt))
    .map((fault) => ({ ...fault, at: Math.max(fault.at, handedAt) }));

/** Its first kill, or else its last freeze; or the freeze before that which had not ended by then. */
function lossAt(faults: readonly WorkerFault[]): number | undefined {
  const killed = faults.findIndex(({ act }) => act === "kill");
  let place = killed === -1 ? faults.length - 1 : killed;
  for (; place > 0; place -= 1) {
    const { at = 0 } = faults[place] ?? {};
    const former = faults[place - 1]?.backAt;
    if (former !== undefined && former <= at) break;
  }
  return faults[place]?.at;
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
