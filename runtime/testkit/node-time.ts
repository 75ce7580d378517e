// One node's own view of a virtual time: a clock that may be off and may go too fast or too slow, as
// real clocks do. `now` never goes back, however it is adjusted; `wall` may.
import { Failure } from "#protocols/failure.ts";
import type { Clock, Timers } from "#runtime/core/ports.ts";

/** How a node's clock is wrong. */
export interface ClockFault {
  /** Its wall clock is ahead by so much (below 0: behind). Default: 0. */
  readonly skewMs?: number;
  /** So many microseconds too many in each second (below 0: too few). Default: 0. */
  readonly driftPpm?: number;
}

/** Clocks that go wrong by more than half their speed measure nothing any more. */
const driftPpmMax = 500_000;

/** What a view needs of the time that all nodes share. */
export interface SharedTime extends Clock {
  createTimers(): Timers;
}

export class NodeTime implements Clock, Timers {
  readonly #shared: SharedTime;
  readonly #timers: Timers;
  #skewMs = 0;
  #speed = 1;
  /** Shared and own `now` at the last adjustment: between two of them the clock is a straight line. */
  #sharedAnchorMs: number;
  #ownAnchorMs: number;
  #alarm: { readonly dueMs: number; readonly ring: () => void } | undefined;

  /** Fails with `invalid` for a fault that no clock has. */
  constructor(shared: SharedTime, fault: ClockFault = {}) {
    this.#shared = shared;
    this.#timers = shared.createTimers();
    this.#sharedAnchorMs = shared.now();
    this.#ownAnchorMs = shared.now();
    this.adjust(fault);
  }

  now(): number {
    return this.#ownAt(this.#shared.now());
  }

  /** The shared wall time, plus the skew and what the drift has added up to; whole, as real ones are. */
  wall(): number {
    return Math.floor(this.#shared.wall() + this.#skewMs + (this.now() - this.#shared.now()));
  }

  set(dueMs: number, ring: () => void): void {
    this.#alarm = { dueMs, ring };
    this.#timers.set(this.#sharedAt(dueMs), () => {
      this.#alarm = undefined;
      ring();
    });
  }

  clear(): void {
    this.#alarm = undefined;
    this.#timers.clear();
  }

  /** From here on the clock is wrong in this way. What is not named stays. */
  adjust({ skewMs = this.#skewMs, driftPpm = (this.#speed - 1) * 1e6 }: ClockFault): void {
    if (!Number.isFinite(skewMs)) {
      throw new Failure("invalid", `skewMs is a number of milliseconds, not ${skewMs}`);
    }
    if (!(Math.abs(driftPpm) <= driftPpmMax)) {
      throw new Failure(
        "invalid",
        `driftPpm is at most ${driftPpmMax} either way, not ${driftPpm}`,
      );
    }
    this.#ownAnchorMs = this.now();
    this.#sharedAnchorMs = this.#shared.now();
    this.#skewMs = skewMs;
    this.#speed = 1 + driftPpm / 1e6;
    if (this.#alarm) this.set(this.#alarm.dueMs, this.#alarm.ring);
  }

  #ownAt(sharedMs: number): number {
    return this.#ownAnchorMs + (sharedMs - this.#sharedAnchorMs) * this.#speed;
  }

  /** The shared time at which this clock has reached `ownMs`: never too early by a rounding. */
  #sharedAt(ownMs: number): number {
    let sharedMs = this.#sharedAnchorMs + (ownMs - this.#ownAnchorMs) / this.#speed;
    for (let nudge = Math.max(Math.abs(sharedMs), 1) * Number.EPSILON; ; nudge *= 2) {
      if (!(this.#ownAt(sharedMs) < ownMs)) return sharedMs;
      sharedMs += nudge;
    }
  }
}
