// How often something took how long, in buckets whose bounds double: from 1/64 ms (about 16 µs) to
// 65.5 s and beyond. The bounds are fixed, so that histograms of all nodes can be added up, and are
// powers of two, so that the bucket is found with one instruction instead of a search.
//
// Hot: observation/observer-cost.

/** Parts of a millisecond that the first bucket holds. */
const unitsPerMs = 64;
const bucketCount = 24;

/** Upper bounds in milliseconds, inclusive; what is longer than the last counts as infinite. */
export const durationBoundsMs: readonly number[] = Array.from(
  { length: bucketCount - 1 },
  (_, index) => 2 ** index / unitsPerMs,
);

export interface DurationsSeen {
  readonly count: number;
  readonly sumMs: number;
  /** One count for each of `durationBoundsMs`, then for what was longer; not cumulative. */
  readonly buckets: readonly number[];
}

export class DurationHistogram {
  // Doubles count exactly up to 2^53; [bucketCount] is the sum.
  readonly #counts = new Float64Array(bucketCount + 1);

  /** A length that is negative, infinite or no number counts as 0. */
  add(ms: number): void {
    const length = ms > 0 && ms < Number.POSITIVE_INFINITY ? ms : 0;
    const units = Math.ceil(length * unitsPerMs);
    const index = units > 0x7fff_ffff ? bucketCount - 1 : bucketOf(units);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#counts[bucketCount] = (this.#counts[bucketCount] ?? 0) + length;
  }

  seen(): DurationsSeen {
    const buckets = [...this.#counts.subarray(0, bucketCount)];
    return {
      count: buckets.reduce((sum, count) => sum + count, 0),
      sumMs: this.#counts[bucketCount] ?? 0,
      buckets,
    };
  }
}

// Units 0 and 1 are in bucket 0, 2 in bucket 1, 3 and 4 in bucket 2, 5 to 8 in bucket 3.
const bucketOf = (units: number): number =>
  units <= 1 ? 0 : Math.min(bucketCount - 1, 32 - Math.clz32(units - 1));
