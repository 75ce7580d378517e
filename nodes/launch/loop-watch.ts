// Asks a node's process again and again whether its event loop goes round, until it is silent for too long.
import { performance } from "node:perf_hooks";
import { LoopSilence } from "./loop-silence.ts";

export interface LoopWatchOptions {
  readonly blockedMsMax: number;
  /** The process is to answer; then `answered` is called. */
  ask(): void;
  /** Once; then the watch has ended. */
  blocked(): void;
}

export class LoopWatch {
  readonly #silence: LoopSilence;
  readonly #timer: NodeJS.Timeout;

  constructor({ blockedMsMax, ask, blocked }: LoopWatchOptions) {
    const silence = new LoopSilence(blockedMsMax, performance.now());
    this.#silence = silence;
    this.#timer = setInterval(() => {
      const verdict = silence.look(performance.now());
      if (verdict === "ask") ask();
      if (verdict !== "blocked") return;
      this.stop();
      blocked();
    }, silence.lookEveryMs);
  }

  answered(): void {
    this.#silence.answered();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
