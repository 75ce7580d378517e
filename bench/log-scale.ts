// A scale of powers of ten: equal steps are equal factors. Pure.

export interface LogScale {
  /** Exponents, each a line of the grid. */
  readonly powers: readonly number[];
  readonly at: (figure: number) => number;
}

/** From a power of ten below the least figure to one above the greatest; at least one whole power. */
export function logScale(
  figures: readonly number[],
  span: { readonly from: number; readonly to: number },
): LogScale {
  const logs = figures.filter((figure) => figure > 0).map(Math.log10);
  const least = logs.length === 0 ? 0 : Math.floor(Math.min(...logs) - 0.1);
  const most = logs.length === 0 ? 1 : Math.max(least + 1, Math.ceil(Math.max(...logs)));
  const step = (span.to - span.from) / (most - least);
  return {
    powers: Array.from({ length: most - least + 1 }, (_, index) => least + index),
    at: (figure) => span.from + (Math.log10(Math.max(figure, 10 ** least)) - least) * step,
  };
}
