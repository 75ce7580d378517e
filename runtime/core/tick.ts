// The time of the current pass of the event loop: read from the clock at most once in so many turns,
// because a read costs more than a message. Good for deadlines, not for measuring.
import type { Clock, Executor } from "./ports.ts";

export class Tick {
  readonly #clock: Clock;
  readonly #executor: Executor;
  #nowMs = 0;
  #isFresh = false;

  constructor(clock: Clock, executor: Executor) {
    this.#clock = clock;
    this.#executor = executor;
  }

  now(): number {
    if (this.#isFresh) return this.#nowMs;
    this.#isFresh = true;
    this.#executor.later(this.#pass);
    return this.refresh();
  }

  /** Reads the clock now. */
  refresh(): number {
    this.#nowMs = this.#clock.now();
    return this.#nowMs;
  }

  readonly #pass = (): void => {
    this.#isFresh = false;
  };
}
