// How late the event loop was since the last look: the first sign of a handler that takes too long.
//
// Node's monitor wakes at a fixed pace and records the pauses between its wakings; the pace itself
// is subtracted here. Resetting it also forgets when it woke last, so a block that begins right
// after a reading would never be recorded: a timer of our own measures that first stretch, and its
// one sample is merged with the monitor's.
import { type IntervalHistogram, monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Failure } from "#protocols/failure.ts";

/** Milliseconds beyond the expected time; 0 when nothing was measured yet. */
export interface EventLoopDelayReading {
  readonly msP50: number;
  readonly msP99: number;
  readonly msMax: number;
}

export class EventLoopDelay {
  readonly #resolutionMs: number;
  readonly #histogram: IntervalHistogram;
  #armedAt = 0;
  #firstLateMs: number | undefined;
  #timeout: NodeJS.Timeout | undefined;

  /** `resolutionMs` from 1 to 10: the pace of the monitor; shorter delays go unseen. */
  constructor(resolutionMs = 10) {
    if (!Number.isInteger(resolutionMs) || resolutionMs < 1 || resolutionMs > 10) {
      throw new Failure("invalid", `resolutionMs must be 1 to 10, got ${resolutionMs}`);
    }
    this.#resolutionMs = resolutionMs;
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#histogram.enable();
    this.#arm();
  }

  /** The delays since the last reading. */
  read(): EventLoopDelayReading {
    const reading = this.#reading();
    this.#histogram.reset();
    this.#arm();
    return reading;
  }

  stop(): void {
    clearTimeout(this.#timeout);
    this.#histogram.disable();
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    this.#firstLateMs = undefined;
    this.#armedAt = performance.now();
    this.#timeout = setTimeout(() => {
      this.#firstLateMs = this.#lateMs();
    }, this.#resolutionMs).unref();
  }

  #lateMs = (): number => Math.max(0, performance.now() - this.#armedAt - this.#resolutionMs);

  #reading(): EventLoopDelayReading {
    const first = this.#firstLateMs ?? this.#lateMs();
    const count = this.#histogram.count;
    // The k-th smallest of the monitor's samples, from 1.
    const sample = (rank: number): number => {
      if (rank < 1) return 0;
      if (rank > count) return Number.POSITIVE_INFINITY;
      const ms = this.#histogram.percentile((rank / count) * 100) / 1e6;
      return Math.max(0, ms - this.#resolutionMs);
    };
    return {
      msP50: mergedRank({ sample, count, first, share: 0.5 }),
      msP99: mergedRank({ sample, count, first, share: 0.99 }),
      msMax: Math.max(first, count === 0 ? 0 : sample(count)),
    };
  }
}

/** One quantile of `count` sorted samples and `first` together: at its rank stands the middle of three. */
function mergedRank(of: {
  readonly sample: (rank: number) => number;
  readonly count: number;
  readonly first: number;
  readonly share: number;
}): number {
  const rank = Math.max(1, Math.ceil(of.share * (of.count + 1)));
  return Math.min(Math.max(of.sample(rank - 1), of.first), of.sample(rank));
}
