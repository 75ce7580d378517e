// How unlikely it is that a node which has been silent for so long is still going to be heard:
// phi-accrual (Hayashibara et al. 2004, "The phi accrual failure detector"; the logistic form of the
// normal distribution is that of Akka's PhiAccrualFailureDetector). Pure.
//
//   phi = -log10(P(an interval as long as this silence))      1: one in ten, 8: one in 10^8
//
// The intervals of late tell what is usual. On top comes a pause that is always acceptable; and the
// deviation is held between two bounds: a very regular peer is not suspected for a hiccup, and an
// irregular one not trusted for ever. A silence that was suspected is no interval: it teaches nothing.
import { Failure } from "#protocols/failure.ts";

export interface DetectorTerms {
  /** The interval that is expected before any was seen. */
  readonly intervalMs: number;
  /** Milliseconds beyond the usual interval that say nothing. */
  readonly pauseMs: number;
  readonly deviationMsMin: number;
  readonly deviationMsMax: number;
  /** Suspicion begins at this phi. */
  readonly threshold: number;
  /** Intervals that are remembered. */
  readonly windowMax: number;
}

/** Suspicion after about 2 s: 0.5 expected, 0.95 of pause, 5.2 deviations. */
export const detectorDefaults: DetectorTerms = {
  intervalMs: 500,
  pauseMs: 950,
  deviationMsMin: 75,
  deviationMsMax: 125,
  threshold: 8,
  windowMax: 100,
};

export class FailureDetector {
  readonly #terms: DetectorTerms;
  readonly #intervals: number[];
  #heardMs: number;
  #sum: number;
  #squares: number;

  /** Fails with `invalid` for terms that contradict themselves. `nowMs`: counts as heard then. */
  constructor(nowMs: number, terms: DetectorTerms = detectorDefaults) {
    checkTerms(terms);
    this.#terms = terms;
    this.#heardMs = nowMs;
    this.#intervals = [terms.intervalMs];
    this.#sum = terms.intervalMs;
    this.#squares = terms.intervalMs ** 2;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  heard(nowMs: number): void {
    const intervalMs = nowMs - this.#heardMs;
    if (intervalMs < 0) return;
    if (!this.isSilent(nowMs)) this.#remember(intervalMs);
    this.#heardMs = nowMs;
  }

  /** For so long this process itself did not run, and could hear nobody. */
  excuse(lateMs: number): void {
    this.#heardMs += Math.max(0, lateMs);
  }

  phi(nowMs: number): number {
    const { meanMs, deviationMs } = this.#usual();
    const deviations = (nowMs - this.#heardMs - meanMs - this.#terms.pauseMs) / deviationMs;
    return phiOf(deviations);
  }

  isSilent(nowMs: number): boolean {
    return this.phi(nowMs) >= this.#terms.threshold;
  }

  /** What is usual between two heartbeats, without the pause. */
  #usual(): { readonly meanMs: number; readonly deviationMs: number } {
    const count = this.#intervals.length;
    const meanMs = this.#sum / count;
    const deviationMs = Math.sqrt(Math.max(0, this.#squares / count - meanMs ** 2));
    const { deviationMsMax, deviationMsMin } = this.#terms;
    return { meanMs, deviationMs: Math.min(deviationMsMax, Math.max(deviationMsMin, deviationMs)) };
  }

  #remember(intervalMs: number): void {
    this.#intervals.push(intervalMs);
    this.#sum += intervalMs;
    this.#squares += intervalMs ** 2;
    if (this.#intervals.length <= this.#terms.windowMax) return;
    const oldest = this.#intervals.shift() ?? 0;
    this.#sum -= oldest;
    this.#squares -= oldest ** 2;
  }
}

/** Near the tail up to 3 deviations, above it by up to a quarter at 6. Written so that nothing
 *  overflows: log10(1 + e^x), x the logit of "it has come by now". */
function phiOf(deviations: number): number {
  // Beyond this the approximation would turn back; phi is 0 to sixteen digits long before.
  const y = Math.max(deviations, -8);
  const x = y * (1.5976 + 0.070566 * y * y);
  return (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))) / Math.LN10;
}

function checkTerms(terms: DetectorTerms): void {
  for (const [name, value] of Object.entries(terms)) {
    if (Number.isFinite(value) && (value > 0 || (name === "pauseMs" && value === 0))) continue;
    throw new Failure(
      "invalid",
      `${name} of a failure detector is ${value}: give a number above 0`,
    );
  }
  if (terms.deviationMsMin > terms.deviationMsMax) {
    const { deviationMsMax, deviationMsMin } = terms;
    const text = `deviationMsMin is ${deviationMsMin}, above deviationMsMax of ${deviationMsMax}`;
    throw new Failure("invalid", text);
  }
}
