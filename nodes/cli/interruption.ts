// Work of the command line that somebody breaks off: the first signal has it end in order, the second ends it.
import { exitCodeOf, onShutdown } from "../launch/shutdown.ts";

export class Interruption {
  readonly #stop = new AbortController();
  readonly #removeSignals: () => void;
  #exitCode: number | undefined;

  /** Listens to the signals of the process until `over`. */
  constructor() {
    this.#removeSignals = onShutdown({
      first: (signal) => {
        this.#exitCode = exitCodeOf(signal);
        this.stop();
      },
      again: (signal) => process.exit(exitCodeOf(signal)),
    });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What to exit with; undefined: no signal came. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** As a signal does, without one. */
  stop(): void {
    this.#stop.abort();
  }

  over(): void {
    this.#removeSignals();
  }
}
