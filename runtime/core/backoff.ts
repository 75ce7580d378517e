// Exponential delay with jitter and a ceiling. Pure.

export interface BackoffSpec {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** Growth from one attempt to the next. */
  readonly factor: number;
  /** Share of the delay that is left to chance, 0 to 1, so that many do not retry in step. */
  readonly jitter: number;
}

/** Milliseconds to wait before the `attempt`th try (from 1); `chance` is at least 0 and below 1. */
export function backoffDelay(spec: BackoffSpec, attempt: number, chance: number): number {
  const exponent = Math.min(attempt - 1, 64);
  const delay = Math.min(spec.delayMsMax, spec.delayMsMin * spec.factor ** exponent);
  return delay * (1 - spec.jitter + spec.jitter * chance);
}
