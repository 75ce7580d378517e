// Tells the owner how far one request is, at most ten times a second: what comes sooner is not told, for
// something newer will be. But that a run begins is always told, since the thread may be blocked after that.
import type { RunStage } from "../engine-messages.ts";

const restMs = 100;
/** Of the whole: reading the files before the run, and writing the answer after it. */
const [readShare, runShare] = [0.1, 0.8];

export class StageTeller {
  readonly #tell: (stage: RunStage) => void;
  readonly #now: () => number;
  #lastMs: number;

  /** What takes less than a tenth of a second is told as little as can be. */
  constructor(tell: (stage: RunStage) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
    this.#lastMs = now();
  }

  /** Its files are read, and others are being run. */
  waits(): void {
    this.#told({ share: readShare, message: "read, waiting for its run" });
  }

  runs(): void {
    this.#told({ share: readShare, message: "running" });
  }

  /** Before each run of several. */
  step({ done, of }: { readonly done: number; readonly of: number }): void {
    if (of < 2 || !this.#isDue) return;
    const share = readShare + (runShare * done) / of;
    this.#told({ share, message: `running, ${done + 1} of ${of}` });
  }

  writes(): void {
    if (this.#isDue) this.#told({ share: readShare + runShare, message: "writing the answer" });
  }

  get #isDue(): boolean {
    return this.#now() - this.#lastMs >= restMs;
  }

  #told(stage: RunStage): void {
    this.#lastMs = this.#now();
    this.#tell(stage);
  }
}
