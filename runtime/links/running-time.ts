// Milliseconds in which this process ran: a clock that stands still when the process does. Pure.
//
// What it is asked at least every `stepMs` goes on as time does. A longer gap between two askings says
// that the event loop stood still, and nothing could be seen in it; only one step of it counts.

export class RunningTime {
  readonly #stepMs: number;
  #lastMs: number | undefined;
  #runMs = 0;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  now(nowMs: number): number {
    const gapMs = nowMs - (this.#lastMs ?? nowMs);
    this.#lastMs = nowMs;
    this.#runMs += Math.max(0, Math.min(gapMs, this.#stepMs));
    return this.#runMs;
  }
}
