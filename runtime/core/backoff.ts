// Exponential delay with jitter and a ceiling. Pure.
//
//   delay = min(delayMsMax, delayMsMin * factor^(attempt - 1)) * (1 - jitter + jitter * chance)
//
// `attempt` counts tries in a row from 1; chance is even in [0, 1). So the ceiling is never passed,
// and jitter only shortens: at 0.2 a delay is 80 to 100 % of what the row says.
import { check } from "./terms-check.ts";

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

/** Throws `invalid`, naming what makes no sense. */
export function checkBackoff({ delayMsMin, delayMsMax, factor, jitter }: BackoffSpec): void {
  const isDelay = delayMsMin >= 0 && Number.isFinite(delayMsMin);
  check(isDelay, "backoff.delayMsMin is", "a number of milliseconds from 0", delayMsMin);
  const isCeiling = delayMsMax >= delayMsMin && Number.isFinite(delayMsMax);
  check(isCeiling, "backoff.delayMsMax is", `at least delayMsMin (${delayMsMin})`, delayMsMax);
  const isGrowth = factor >= 1 && Number.isFinite(factor);
  check(isGrowth, "backoff.factor is", "a number from 1", factor);
  check(jitter >= 0 && jitter <= 1, "backoff.jitter is", "a number from 0 to 1", jitter);
}

/** The attempts in a row of one who fails and is restarted; a quiet time ends the row. */
export class BackoffRow {
  readonly #spec: BackoffSpec;
  readonly #quietMs: number;
  #attempt = 0;
  /** Infinity while it does not run: a long delay, or a long start, is no quiet time. */
  #runningSinceMs = Number.POSITIVE_INFINITY;

  constructor(spec: BackoffSpec, quietMs: number) {
    this.#spec = spec;
    this.#quietMs = quietMs;
  }

  /** It failed: milliseconds to wait before it begins anew. */
  failed(nowMs: number, chance: number): number {
    const wasQuiet = nowMs - this.#runningSinceMs >= this.#quietMs;
    this.#runningSinceMs = Number.POSITIVE_INFINITY;
    this.#attempt = wasQuiet ? 1 : this.#attempt + 1;
    return backoffDelay(this.#spec, this.#attempt, chance);
  }

  /** It runs from now on. */
  runs(nowMs: number): void {
    this.#runningSinceMs = nowMs;
  }
}
