// The time of one call from outside: whatever it takes to answer it, asking several actors one after the
// other included, has to fit into it.
import { Failure } from "#protocols/failure.ts";

/** Milliseconds kept back for an answer's way, at most; of little time only a tenth. */
const wayMsMax = 1_000;

export class CallTime {
  readonly #now: () => number;
  readonly #withinMs: number;
  readonly #endMs: number;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(now: () => number, withinMs: number) {
    this.#now = now;
    this.#withinMs = withinMs;
    this.#endMs = now() + withinMs;
  }

  /** Not below 0. */
  get leftMs(): number {
    return Math.max(0, this.#endMs - this.#now());
  }

  /** Whole milliseconds, from 1, that whoever is asked may take, so that its answer arrives in time. */
  get answerWithinMs(): number {
    const { leftMs } = this;
    return Math.max(1, Math.floor(leftMs - Math.min(wayMsMax, leftMs / 10)));
  }

  /** What is left; fails with `timeout` when nothing is. */
  leftFor(whom: string): number {
    const { leftMs } = this;
    if (leftMs > 0) return leftMs;
    const text = `the ${this.#withinMs} ms of this call were over before the ${whom} could be asked; look at what stands now, then decide whether to call again`;
    throw new Failure("timeout", text);
  }
}
