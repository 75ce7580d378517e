// A rate with bursts: in any time t at most `rate * t + burst` tokens are given. Pure.
//
// One number is kept, the time at which the bucket would be full again if nothing more were taken
// (the generic cell rate algorithm, ITU-T I.371): no refilling, and no error that adds up.
import { Failure } from "#protocols/failure.ts";

export interface TokenBucketSpec {
  readonly tokensPerSecond: number;
  /** Tokens in a full bucket: what may be taken at once after a pause. */
  readonly burst: number;
}

/** Milliseconds by which rounding may be wrong. */
const toleranceMs = 1e-6;

export class TokenBucket {
  readonly #spec: TokenBucketSpec;
  readonly #tokenMs: number;
  readonly #burstMs: number;
  #fullMs = Number.NEGATIVE_INFINITY;

  constructor(spec: TokenBucketSpec) {
    if (!(spec.tokensPerSecond > 0 && Number.isFinite(spec.tokensPerSecond) && spec.burst >= 1)) {
      const text = `a bucket of ${spec.burst} tokens and ${spec.tokensPerSecond} a second gives none; let the rate be above 0 and the burst at least 1`;
      throw new Failure("invalid", text);
    }
    this.#spec = spec;
    this.#tokenMs = 1_000 / spec.tokensPerSecond;
    this.#burstMs = spec.burst * this.#tokenMs;
  }

  get spec(): TokenBucketSpec {
    return this.#spec;
  }

  /** Whole and broken tokens that could be taken now. */
  tokensAt(nowMs: number): number {
    return (this.#burstMs - Math.max(0, this.#fullMs - nowMs)) / this.#tokenMs;
  }

  /**
   * Takes the tokens and answers 0; or takes none and answers in how many milliseconds there will
   * be enough. Fails with `invalid` when a full bucket would not be enough.
   */
  take(tokens: number, nowMs: number): number {
    if (!(tokens > 0 && tokens <= this.#spec.burst)) {
      const text = `${tokens} tokens of a bucket that holds ${this.#spec.burst} can never be taken; take fewer at a time`;
      throw new Failure("invalid", text);
    }
    const fullMs = Math.max(this.#fullMs, nowMs) + tokens * this.#tokenMs;
    const waitMs = fullMs - this.#burstMs - nowMs;
    if (waitMs > toleranceMs) return waitMs;
    this.#fullMs = fullMs;
    return 0;
  }
}
