// One look at the clock for each event, shared by all observers. A look costs more than most of what
// they do, so the first observer of a group looks and the others read what it saw:
//
//   const clock = new MessageClock(nodeClock);
//   observeWith(clock, new Metrics({ clock }), new SlowHandlers({ clock }));
//
// Inside of one event all observers therefore see the same instant.
import type { Clock } from "#runtime/core/ports.ts";
import type { ObserverPart } from "./observers.ts";

export class MessageClock implements Clock, ObserverPart {
  readonly #clock: Clock;
  #nowMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = clock.now();
  }

  /** The instant of the event in progress, or of the last one. */
  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#clock.wall();
  }

  before(): void {
    this.#nowMs = this.#clock.now();
  }
}
