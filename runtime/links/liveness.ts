// Whether a peer that was alive still counts as such. Pure.
//
// Two clocks run: since the link to it broke, and since anything at all was heard of it. The second
// catches a process whose connections stand but whose event loop does not run. It is patient for one
// ping longer, and says nothing about time in which this process itself did not run.
import type { LinkTiming } from "./link-timing.ts";

export class Liveness {
  readonly #timing: LinkTiming;
  #heardMs = 0;
  #bornMs = 0;

  constructor(timing: LinkTiming) {
    this.#timing = timing;
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** A process was heard for the first time. */
  born(nowMs: number): void {
    this.#bornMs = nowMs;
    this.#heardMs = nowMs;
  }

  excuse(lateMs: number): void {
    this.#heardMs += lateMs;
    this.#bornMs += lateMs;
  }

  /** Why the peer is down, if it is. `brokenMs`: since when there is no link; undefined: there is. */
  verdict(nowMs: number, brokenMs: number | undefined): string | undefined {
    const { downAfterMs, silenceMsMax } = this.#timing;
    if (brokenMs !== undefined && nowMs - Math.max(brokenMs, this.#bornMs) >= downAfterMs) {
      return `there was no link to it for ${downAfterMs} ms`;
    }
    const silenceMs = nowMs - this.#heardMs;
    return silenceMs < silenceMsMax ? undefined : `it was silent for ${Math.round(silenceMs)} ms`;
  }
}
