// How many tasks may leave a queue now. The generic cell rate algorithm (ATM Forum, TM 4.0): one
// moment, the one at which all that was taken so far would have been due at an even pace. A moment
// that is further ahead than a whole burst tells of a clock that went back, or of another rate: then
// counting begins anew. Pure.
import type { ClaimRate } from "#protocols/tasks/resource-demand.ts";

const everyMs = ({ perSecond }: ClaimRate): number => 1_000 / perSecond;

function aheadMs(rate: ClaimRate, dueMs: number, nowMs: number): number {
  const ahead = dueMs - nowMs;
  return ahead > rate.burst * everyMs(rate) + 1 ? 0 : Math.max(0, ahead);
}

/** How many may be taken. */
export function freeNow(rate: ClaimRate, dueMs: number, nowMs: number): number {
  // A hair more, since sums of fractions fall short of whole numbers.
  const free = Math.floor(rate.burst - aheadMs(rate, dueMs, nowMs) / everyMs(rate) + 1e-6);
  return Math.max(0, free);
}

/** The moment after one was taken. */
export const takenAt = (rate: ClaimRate, dueMs: number, nowMs: number): number =>
  nowMs + aheadMs(rate, dueMs, nowMs) + everyMs(rate);

/** The moment after one was given back. */
export const givenBackAt = (rate: ClaimRate, dueMs: number): number => dueMs - everyMs(rate);

/** Milliseconds until one may be taken; 0: now. */
export const waitMs = (rate: ClaimRate, dueMs: number, nowMs: number): number =>
  freeNow(rate, dueMs, nowMs) > 0
    ? 0
    : aheadMs(rate, dueMs, nowMs) - (rate.burst - 1) * everyMs(rate);
