// Median and percentiles of a few measured figures. Pure.
import { Failure } from "#protocols/failure.ts";

/** The middle figure; of an even number, the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = sortedFigures(figures);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The least figure that at least `share` of all do not exceed (nearest rank). */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = sortedFigures(figures);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

function sortedFigures(figures: readonly number[]): Float64Array {
  if (figures.length === 0) throw new Failure("invalid", "no figures: measure something first");
  return Float64Array.from(figures).sort();
}
