// Which part of the history is asked for: a series, a time, and steps that are still kept and are not too
// many. Pure.
import { Failure } from "#protocols/failure.ts";
import { type MetricStepMs, metricStepsMs, metricTtlMs } from "#protocols/tasks/metric-records.ts";
import { type StatisticSeries, statisticSeries } from "#protocols/tasks/statistic-series.ts";

/** Points of one series in one answer. More: `invalid`. */
export const pointsMax = 1_000;
/** So many are looked for when nobody says how long a step is. */
const pointsWanted = 360;
const sinceMsDefault = 3_600_000;

export interface StatisticsQuery extends StatisticSeries {
  readonly series: string;
  /** Null: all that there are of the name. */
  readonly of: string | null;
  readonly stepMs: MetricStepMs;
  /** Milliseconds since 1970 UTC: inclusive, and exclusive. Both are where a step begins. */
  readonly from: number;
  readonly to: number;
}

export interface StatisticsTime {
  readonly from: number;
  readonly to: number;
}

const keys = ["series", "of", "since", "from", "to", "step"];

/** Fails with `invalid` for what cannot be answered, and says what can. */
export function statisticsQueryIn(query: URLSearchParams, nowMs: number): StatisticsQuery {
  const strange = [...query.keys()].find((key) => !keys.includes(key));
  if (strange !== undefined) {
    throw new Failure("invalid", `"${strange.slice(0, 40)}" is none of ${keys.join(", ")}`);
  }
  const series = query.get("series") ?? "";
  const known = Object.hasOwn(statisticSeries, series) ? statisticSeries[series] : undefined;
  if (known === undefined) {
    const names = Object.keys(statisticSeries).join(", ");
    throw new Failure("invalid", `there is no series "${series.slice(0, 40)}"; there are ${names}`);
  }
  const time = timeIn(query, nowMs);
  const stepMs = stepIn(query, time, nowMs);
  const from = time.from - (time.from % stepMs);
  const to = Math.ceil(time.to / stepMs) * stepMs;
  const points = (to - from) / stepMs;
  if (points > pointsMax) {
    const text = `${points} points are too many, at most ${pointsMax}; ask for a longer step or a shorter time`;
    throw new Failure("invalid", text);
  }
  return { series, of: query.get("of"), ...known, stepMs, from, to };
}

/** Default: the last hour. */
export function timeIn(query: URLSearchParams, nowMs: number): StatisticsTime {
  const to = wholeIn(query, "to") ?? nowMs + 1;
  const since = wholeIn(query, "since") ?? sinceMsDefault;
  const from = wholeIn(query, "from") ?? Math.max(0, to - since);
  if (from < to) return { from, to };
  throw new Failure("invalid", `"from" (${from}) must be before "to" (${to})`);
}

function stepIn(query: URLSearchParams, { from, to }: StatisticsTime, nowMs: number): MetricStepMs {
  const wanted = wholeIn(query, "step");
  if (wanted === undefined) {
    const fits = (stepMs: MetricStepMs): boolean =>
      (to - from) / stepMs <= pointsWanted && isKept(stepMs, from, nowMs);
    return metricStepsMs.find(fits) ?? 3_600_000;
  }
  const step = metricStepsMs.find((stepMs) => stepMs === wanted);
  if (step === undefined) {
    throw new Failure(
      "invalid",
      `"step" must be one of ${metricStepsMs.join(", ")}, got ${wanted}`,
    );
  }
  if (isKept(step, from, nowMs)) return step;
  const days = metricTtlMs[step] / 86_400_000;
  const text = `steps of ${step} ms are kept for ${days} days; ask for a longer step or a later "from"`;
  throw new Failure("invalid", text);
}

const isKept = (stepMs: MetricStepMs, from: number, nowMs: number): boolean =>
  from >= nowMs - metricTtlMs[stepMs];

function wholeIn(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  if (text === null) return undefined;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && Number.isSafeInteger(value)) return value;
  const seen = text.slice(0, 40);
  throw new Failure("invalid", `"${key}" must be milliseconds, a whole number, got "${seen}"`);
}
