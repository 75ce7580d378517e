// The Timers port on Node.js: one timeout for the whole node, armed for the alarm set last.
//
// Node's timeouts count whole milliseconds and may ring a little early against the monotonic clock.
// So the alarm looks at the clock when it rings, and arms itself again while the time has not come.
import { Failure } from "#protocols/failure.ts";
import type { Clock, Timers } from "#runtime/core/ports.ts";

/** Milliseconds between two looks whether an alarm is wanted still: it keeps the process from ending. */
const delayMsMax = 1_000;

/** Whether a pending alarm keeps the process from ending by itself. */
export type ProcessHold = "holds-process" | "lets-process-end";

const always = (): boolean => true;

interface Alarm {
  readonly dueMs: number;
  readonly ring: () => void;
  readonly isWanted: () => boolean;
}

export class NodeTimers implements Timers {
  readonly #clock: Clock;
  readonly #hold: ProcessHold;
  #timeout: NodeJS.Timeout | undefined;
  #alarm: Alarm | undefined;

  constructor(clock: Clock, hold: ProcessHold = "holds-process") {
    this.#clock = clock;
    this.#hold = hold;
  }

  set(dueMs: number, ring: () => void, isWanted: () => boolean = always): void {
    if (Number.isNaN(dueMs)) {
      throw new Failure("invalid", "an alarm was set for NaN; give a time of Clock.now()");
    }
    this.#alarm = { dueMs, ring, isWanted };
    this.#arm(dueMs);
  }

  clear(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    this.#alarm = undefined;
  }

  #arm(dueMs: number): void {
    clearTimeout(this.#timeout);
    const delayMs = Math.ceil(dueMs - this.#clock.now());
    this.#timeout = setTimeout(() => this.#wake(), Math.min(Math.max(delayMs, 1), delayMsMax));
    if (this.#hold === "lets-process-end") this.#timeout.unref();
  }

  #wake(): void {
    const alarm = this.#alarm;
    if (!alarm) return;
    if (this.#clock.now() < alarm.dueMs) {
      if (alarm.isWanted()) this.#arm(alarm.dueMs);
      else this.clear();
      return;
    }
    // Cleared first: `ring` may set the next alarm.
    this.clear();
    alarm.ring();
  }
}
