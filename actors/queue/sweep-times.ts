// When the next sweep is worth it before the regular one comes: as soon as something is due, but not
// at once, and not twice for the same moment. Pure; milliseconds of a clock that never goes back.

/** Between two sweeps, when one has left something to do. */
const againMsMin = 10;

export class SweepTimes {
  readonly #everyMs: number;
  #setFor: number | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Something is due in so many milliseconds; answers after how many to sweep, if that is to be set. */
  want(inMs: number, nowMs: number): number | undefined {
    const delayMs = Math.max(againMsMin, inMs);
    const at = nowMs + delayMs;
    const isSet = this.#setFor !== undefined && this.#setFor <= at;
    if (delayMs >= this.#everyMs || isSet) return undefined;
    this.#setFor = at;
    return delayMs;
  }

  begun(nowMs: number): void {
    if (this.#setFor !== undefined && this.#setFor <= nowMs) this.#setFor = undefined;
  }
}
