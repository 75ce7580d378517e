// Which of the workers with free slots is asked first: the one that would be done first with one task
// more, as far as is known of its pace, and that has not failed of late. Pure.

/** What a worker has shown of itself; exponential means, the newest run counts a fifth. */
export interface WorkerPace {
  /** Milliseconds of a run; null before the first. */
  readonly runMsMean: number | null;
  /** 0 to 1: of the attempts that ended of late. */
  readonly failedShare: number;
}

export const unknownPace: WorkerPace = { runMsMean: null, failedShare: 0 };

const newestShare = 0.2;

const blend = (mean: number, newest: number): number => mean + newestShare * (newest - mean);

/** `runMs` null: the attempt failed. */
export const paceAfter = (pace: WorkerPace, runMs: number | null): WorkerPace => ({
  runMsMean:
    runMs === null
      ? pace.runMsMean
      : pace.runMsMean === null
        ? runMs
        : blend(pace.runMsMean, runMs),
  failedShare: blend(pace.failedShare, runMs === null ? 1 : 0),
});

export interface WorkerStanding {
  readonly held: number;
  readonly slots: number;
  readonly pace: WorkerPace;
}

/** Lower is better: milliseconds until it would be done. `usualMs` is for those not seen to run yet. */
export const scoreOf = ({ held, ...worker }: WorkerStanding, usualMs: number): number =>
  (held + 1) * taskMsOf(worker, usualMs);

/** Milliseconds that one task more adds to that; above 0. */
export function taskMsOf(
  { slots, pace }: Pick<WorkerStanding, "slots" | "pace">,
  usualMs: number,
): number {
  const runMs = Math.max(1, pace.runMsMean ?? usualMs);
  // One that always fails counts as ten times as slow: it is still asked when nobody else is free.
  return (slotsTogether(slots) / slots) * runMs * (1 + 9 * pace.failedShare);
}

/** Slots of one worker share its engine: twice as many are not twice as fast. */
const slotsTogether = (slots: number): number => Math.sqrt(slots);

/** Of the workers that were seen to run; 1,000 when there is none. */
export function usualRunMs(paces: readonly WorkerPace[]): number {
  const known = paces.flatMap(({ runMsMean }) => runMsMean ?? []);
  return known.length === 0 ? 1_000 : known.reduce((sum, ms) => sum + ms, 0) / known.length;
}
