// When a run that goes on is not worth its process any more. A run cannot be interrupted, its process can:
//
//   nobody waits for any of it                        ended when it does not end soon
//   of several requests, far beyond what such take    ended, and each of them is run alone
//   the same alone, and others wait behind it         ended, and it comes behind them
//
// How long a run may take at all is another matter (`run-clock.ts`).
import type { EngineMachine } from "./engine-machine.ts";
import type { RequestLine } from "./request-line.ts";

/** Beyond a machine that is slow for a while. */
const usualTimes = 10;
const graceMsMin = 1_000;

export interface WatchEvents {
  /** The process is to be ended for what is at work. */
  endRun(why: string, which: "withdrawn" | "stuck" | "in the way"): void;
}

export class RunWatch {
  readonly #line: RequestLine;
  readonly #machine: Pick<EngineMachine, "after">;
  readonly #events: WatchEvents;
  /** What a process costs to replace: a run is only ended when it has taken longer. */
  #graceMs = graceMsMin;
  /** Undefined: what is at work is for somebody. */
  #callOffWithdrawn: (() => void) | undefined;
  #callOffStuck: () => void = () => undefined;

  constructor(line: RequestLine, machine: Pick<EngineMachine, "after">, events: WatchEvents) {
    this.#line = line;
    this.#machine = machine;
    this.#events = events;
  }

  /** The process is ready, which took it so long. */
  open(startMs: number): void {
    this.#graceMs = Math.max(graceMsMin, 2 * startMs);
  }

  /** Somebody does not wait any more, or was answered: it counts from when nobody waits for what is at work. */
  waitersChanged(): void {
    if (this.#line.isForNobody) {
      this.#callOffWithdrawn ??= this.#machine.after(this.#graceMs, () => this.#endForNobody());
    } else this.#letGoOn();
  }

  /** Another run has begun, or none; `expectedMs` undefined: the process does not know how long it takes. */
  began(expectedMs: number | undefined): void {
    this.#callOffStuck();
    this.#letGoOn();
    this.waitersChanged();
    for (const one of this.#line.inPresentRun) one.usualMs = expectedMs ?? one.usualMs;
    const usualMs = this.#line.inPresentRun[0]?.usualMs;
    if (usualMs === undefined) return;
    const dueMs = Math.max(this.#graceMs, usualTimes * usualMs);
    const took = `a run took more than ${Math.round(dueMs)} ms`;
    const why = `${took}, where such runs take ${Math.round(usualMs)} of late`;
    this.#lookEach(dueMs, why);
  }

  stop(): void {
    this.#callOffWithdrawn?.();
    this.#callOffStuck();
  }

  #letGoOn(): void {
    this.#callOffWithdrawn?.();
    this.#callOffWithdrawn = undefined;
  }

  #endForNobody(): void {
    this.#callOffWithdrawn = undefined;
    if (!this.#line.isForNobody) return;
    this.#events.endRun("what it ran was withdrawn and did not end", "withdrawn");
  }

  /** Whoever waits may come later. */
  #lookEach(ms: number, why: string): void {
    this.#callOffStuck = this.#machine.after(ms, () => {
      const [first, ...mates] = this.#line.inPresentRun;
      if (first === undefined) return;
      const isSuspect = first.isAlone && !first.isAside;
      if (mates.length > 0) this.#events.endRun(why, "stuck");
      else if (isSuspect && this.#line.count > 1) this.#events.endRun(why, "in the way");
      else this.#lookEach(ms, why);
    });
  }
}
