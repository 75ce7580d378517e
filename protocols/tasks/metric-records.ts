// The history of metrics: what was reported, added up in steps of 10 seconds, a minute and an hour. A
// point goes into all three at once, so a late one counts everywhere, and nothing is rolled up twice.
import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import { bytesUpTo } from "../schema.ts";
import { storeLimits } from "../store-limits.ts";
import { Moment, PageLimit, RecordName, Whole } from "./record-fields.ts";

/** Milliseconds of a step. */
export const MetricStepMs = Type.Enum([10_000, 60_000, 3_600_000]);
export type MetricStepMs = Static<typeof MetricStepMs>;
export const metricStepsMs: readonly MetricStepMs[] = [10_000, 60_000, 3_600_000];

export const MetricLabels = Type.String({ maxLength: 512 });

export const MetricPoint = Type.Object({
  name: RecordName,
  /** As `metricLabelsText` writes them; default: none. */
  labels: Type.Optional(MetricLabels),
  at: Moment,
  count: Type.Integer({ minimum: 1 }),
  sum: Type.Number(),
  min: Type.Number(),
  max: Type.Number(),
  /** Counts by bucket, 32 bits each, little-endian; those of a series have the same buckets. */
  histogram: Type.Optional(bytesUpTo(storeLimits.metricHistogramBytesMax)),
});
export type MetricPoint = Readonly<Omit<Static<typeof MetricPoint>, "histogram">> & {
  readonly histogram?: Uint8Array;
};

export interface MetricBucket {
  /** When it begins. */
  readonly at: number;
  readonly name: string;
  readonly labels: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly histogram: Uint8Array | null;
}

/** One text for the same labels, in whatever order they are. */
export const metricLabelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`)
    .join(",");

export interface MetricRecords {
  /** `dropped`: too old, too far ahead, or with a histogram of other buckets than its series. */
  recordMetrics(points: readonly MetricPoint[]): {
    readonly recorded: number;
    readonly dropped: number;
  };
  /** Of one series, oldest first: `from` inclusive, `to` exclusive. */
  metrics(request: {
    readonly name: string;
    readonly labels?: string;
    readonly stepMs: MetricStepMs;
    readonly from: number;
    readonly to: number;
    readonly limit: number;
  }): readonly MetricBucket[];
  /** All series of a name that have something since then, by their labels. */
  metricSeries(request: {
    readonly name: string;
    readonly stepMs: MetricStepMs;
    readonly from: number;
    readonly limit: number;
  }): readonly string[];
}

export const metricRecordKinds = { recordMetrics: ask, metrics: ask, metricSeries: ask };

export const metricRecordSchemas = {
  recordMetrics: [Type.Array(MetricPoint, { maxItems: storeLimits.metricPointsMax })],
  metrics: [
    Type.Object({
      name: RecordName,
      labels: Type.Optional(MetricLabels),
      stepMs: MetricStepMs,
      from: Whole,
      to: Whole,
      limit: PageLimit,
    }),
  ],
  metricSeries: [
    Type.Object({ name: RecordName, stepMs: MetricStepMs, from: Whole, limit: PageLimit }),
  ],
} as const;

/** Milliseconds that buckets of a step are kept. */
export const metricTtlMs: Readonly<Record<MetricStepMs, number>> = {
  10000: storeLimits.metricRawTtlMs,
  60000: storeLimits.metricMinuteTtlMs,
  3600000: storeLimits.metricHourTtlMs,
};
