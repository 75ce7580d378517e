// Whether a process that is asked whether its event loop goes round is silent for too long. Pure: times come in.
//
//   look ─► ask ── answered ──► the next look asks again
//             └─ look, look, … ──► blocked
//
// Between two looks only so much counts as is usual between them: where the one who looks stood still itself, as
// with a machine that slept, nobody is judged by that time.

export type LoopVerdict = "ask" | "wait" | "blocked";

const looksPerLimit = 10;
const lookEveryMsMax = 1_000;

export class LoopSilence {
  readonly lookEveryMs: number;
  readonly #blockedMsMax: number;
  #lookedAtMs: number;
  #silentMs = 0;
  #isAsked = false;

  constructor(blockedMsMax: number, nowMs: number) {
    this.#blockedMsMax = blockedMsMax;
    this.lookEveryMs = Math.min(lookEveryMsMax, blockedMsMax / looksPerLimit);
    this.#lookedAtMs = nowMs;
  }

  look(nowMs: number): LoopVerdict {
    const sinceMs = Math.min(nowMs - this.#lookedAtMs, 2 * this.lookEveryMs);
    this.#lookedAtMs = nowMs;
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#silentMs = 0;
      return "ask";
    }
    this.#silentMs += sinceMs;
    return this.#silentMs < this.#blockedMsMax ? "wait" : "blocked";
  }

  answered(): void {
    this.#isAsked = false;
  }
}
