// How many workers a pool should have, from what waits for them. Pure.
//
// Two thresholds with a gap between them: more workers as soon as each has more than `growAbove` to
// do, one fewer when the rest would still have less than `shrinkBelow` each, and that for a while.
// As `shrinkBelow` is not above `growAbove`, a steady load never makes a pool grow and shrink in turn.
import { Failure } from "#protocols/failure.ts";

export interface PoolSizing {
  readonly min: number;
  readonly max: number;
  /** Messages in hand or waiting, for each worker. */
  readonly growAbove: number;
  readonly shrinkBelow: number;
  /** So many checks in a row must find the pool too large before a worker goes. */
  readonly calmChecks: number;
  readonly checkEveryMs: number;
}

export const poolSizingDefault = {
  growAbove: 4,
  shrinkBelow: 1,
  calmChecks: 10,
  checkEveryMs: 1_000,
} as const;

/** A number fixes the size; a range leaves it to the load. */
export type PoolSize =
  | number
  | ({ readonly min: number; readonly max: number } & Partial<PoolSizing>);

/** Workers of one pool. */
export const poolWorkersMax = 1_024;

/** Fails with `invalid` when the numbers contradict one another. */
export function sizingOf(size: PoolSize): PoolSizing {
  const range = typeof size === "number" ? { min: size, max: size } : size;
  const sizing: PoolSizing = { ...poolSizingDefault, ...range };
  const { min, max, growAbove, shrinkBelow, calmChecks, checkEveryMs } = sizing;
  const rules: readonly (readonly [boolean, string])[] = [
    [Number.isInteger(min) && min >= 1, `min is a whole number from 1, not ${min}`],
    [Number.isInteger(max) && max >= min, `max is a whole number from min (${min}), not ${max}`],
    [max <= poolWorkersMax, `max is at most ${poolWorkersMax}, not ${max}`],
    [growAbove > 0, `growAbove is above 0, not ${growAbove}`],
    [shrinkBelow <= growAbove, `shrinkBelow (${shrinkBelow}) is at most growAbove (${growAbove})`],
    [Number.isInteger(calmChecks) && calmChecks >= 1, `calmChecks is from 1, not ${calmChecks}`],
    [
      checkEveryMs > 0 && Number.isFinite(checkEveryMs),
      `checkEveryMs is a number above 0, not ${checkEveryMs}`,
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new Failure("invalid", `this pool cannot be: let it hold that ${broken[1]}`);
  return sizing;
}

export interface PoolLook {
  readonly workers: number;
  /** Of all workers together. */
  readonly load: number;
  /** Checks before this one, in a row, that found the pool too large. */
  readonly calm: number;
}

export interface PoolDecision {
  readonly workers: number;
  readonly calm: number;
}

/** Grows at once, at most to the double; shrinks by one and late: starting anew costs more than waiting. */
export function nextSize(sizing: PoolSizing, { workers, load, calm }: PoolLook): PoolDecision {
  const within = Math.min(sizing.max, Math.max(sizing.min, workers));
  if (within !== workers) return { workers: within, calm: 0 };
  if (load > workers * sizing.growAbove) {
    const wanted = Math.min(Math.ceil(load / sizing.growAbove), workers * 2, sizing.max);
    return { workers: wanted, calm: 0 };
  }
  if (workers === sizing.min || load >= (workers - 1) * sizing.shrinkBelow) {
    return { workers, calm: 0 };
  }
  if (calm + 1 < sizing.calmChecks) return { workers, calm: calm + 1 };
  return { workers: workers - 1, calm: 0 };
}
