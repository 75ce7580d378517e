// A row of figures as a small chart in one line of text. Pure.

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

export interface SparkTime {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

export interface SparkPoint {
  readonly at: number;
  readonly value: number;
}

/**
 * One character a column, from the lowest bar at zero to the highest at the greatest value; a space where
 * there is no point. A column of several points shows their mean.
 */
export function sparkline(points: readonly SparkPoint[], { from, to, columns }: SparkTime): string {
  const found = Array.from({ length: columns }, (): number[] => []);
  for (const { at, value } of points) {
    const column = Math.floor(((at - from) / (to - from)) * columns);
    found[Math.min(columns - 1, Math.max(0, column))]?.push(value);
  }
  const means = found.map((values) =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
  );
  const top = means.reduce<number>((most, mean) => Math.max(most, mean ?? 0), 0);
  return means.map((mean) => (mean === null ? " " : barOf(mean, top))).join("");
}

const barOf = (value: number, top: number): string =>
  bars[top <= 0 ? 0 : Math.round((Math.max(0, value) / top) * (bars.length - 1))] ?? bars[0];
