// How many tasks may leave a queue now. The generic cell rate algorithm (ATM Forum, TM 4.0): one
// moment, the one at which all that was taken so far would have been due at an even pace. Pure;
// milliseconds of a clock that never goes back.
import type { ClaimRate } from "#protocols/tasks/resource-demand.ts";

export class RateGate {
  readonly #everyMs: number;
  readonly #burst: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, burst }: ClaimRate) {
    this.#everyMs = 1_000 / perSecond;
    this.#burst = burst;
  }

  /** Takes as many as there are, at most `wanted`. */
  take(wanted: number, nowMs: number): number {
    const aheadMs = Math.max(0, this.#dueMs - nowMs);
    // A hair more, since sums of fractions fall short of whole numbers.
    const free = Math.floor(this.#burst - aheadMs / this.#everyMs + 1e-9);
    const taken = Math.max(0, Math.min(wanted, free));
    this.#dueMs = nowMs + aheadMs + taken * this.#everyMs;
    return taken;
  }

  giveBack(count: number): void {
    this.#dueMs -= count * this.#everyMs;
  }

  /** Milliseconds until one more may be taken; 0: now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs - (this.#burst - 1) * this.#everyMs);
  }
}
