// A clock for stamps that may be a little old: it looks at the real one once in a pass of the event
// loop and once in so many calls. Good for "when", as in the flight recorder; not for "how long".
import type { Clock, Executor } from "#runtime/core/ports.ts";

/** Calls after which the real clock is read again within one pass. */
const callsMax = 64;

export class PassClock implements Clock {
  readonly #clock: Clock;
  readonly #executor: Executor;
  #nowMs = Number.NaN;
  #callsLeft = 0;
  #isPassPending = false;

  constructor(clock: Clock, executor: Executor) {
    this.#clock = clock;
    this.#executor = executor;
  }

  now(): number {
    if (this.#callsLeft > 0) {
      this.#callsLeft -= 1;
      return this.#nowMs;
    }
    this.#callsLeft = callsMax;
    this.#nowMs = this.#clock.now();
    if (!this.#isPassPending) {
      this.#isPassPending = true;
      this.#executor.later(this.#passed);
    }
    return this.#nowMs;
  }

  wall(): number {
    return this.#clock.wall();
  }

  readonly #passed = (): void => {
    this.#isPassPending = false;
    this.#callsLeft = 0;
  };
}
