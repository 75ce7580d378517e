import { storeLimits } from "#protocols/store-limits.ts";
import {
  type MetricBucket,
  type MetricPoint,
  type MetricRecords,
  type MetricStepMs,
  metricStepsMs,
} from "#protocols/tasks/metric-records.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { bytes, integer, orNull, real, text } from "./record-column.ts";
import type { Performers } from "./record-command.ts";
import { type RowOf, recordTable } from "./record-table.ts";

const figures = {
  count: integer("count"),
  sum: real("sum"),
  min: real("min"),
  max: real("max"),
  histogram: orNull(bytes("hist")),
};
const series = { name: text("name"), labels: text("labels") };

export const metricRawTable = recordTable({
  name: "metrics_raw",
  columns: { at: integer("bucket"), ...series, ...figures },
  key: ["at", "name", "labels"],
  indexes: { series: { on: ["name", "labels", "at"] } },
});

export const metricRollupTable = recordTable({
  name: "metrics_rollup",
  columns: { seconds: integer("resolution"), at: integer("bucket"), ...series, ...figures },
  key: ["seconds", "at", "name", "labels"],
  indexes: { series: { on: ["seconds", "name", "labels", "at"] } },
});
type RollupRow = RowOf<typeof metricRollupTable>;

export const metricBook: Performers<MetricRecords> = {
  recordMetrics({ records, nowMs }, points) {
    let recorded = 0;
    for (const point of points) {
      const isTimely =
        point.at > nowMs - storeLimits.metricAgeMsMax &&
        point.at <= nowMs + storeLimits.metricAheadMsMax;
      if (isTimely && add(records, point)) recorded += 1;
    }
    return { recorded, dropped: points.length - recorded };
  },

  metrics({ records }, { name, labels = "", stepMs, from, to, limit }) {
    const range = { from, before: to, limit };
    if (stepMs === 10_000) {
      return records.scan(metricRawTable, "series", { equal: [name, labels], ...range });
    }
    const equal = [stepMs / 1_000, name, labels];
    return records.scan(metricRollupTable, "series", { equal, ...range }).map(bucketOf);
  },

  metricSeries({ records }, { name, stepMs, from, limit }) {
    const found: string[] = [];
    for (let after: string | undefined; found.length < limit; ) {
      const next = nextLabels(records, { name, stepMs }, after);
      if (next === undefined) break;
      if (hasSince(records, { name, stepMs, labels: next }, from)) found.push(next);
      after = next;
    }
    return found;
  },
};

type Series = { readonly name: string; readonly stepMs: MetricStepMs };

/** The labels that follow; a text is followed by itself and a zero, nothing is between. */
function nextLabels(
  records: RecordShelf,
  { name, stepMs }: Series,
  after: string | undefined,
): string | undefined {
  const range = { from: after === undefined ? "" : `${after}\u0000`, limit: 1 };
  const [row] =
    stepMs === 10_000
      ? records.scan(metricRawTable, "series", { equal: [name], ...range })
      : records.scan(metricRollupTable, "series", { equal: [stepMs / 1_000, name], ...range });
  return row?.labels;
}

function hasSince(
  records: RecordShelf,
  { name, stepMs, labels }: Series & { readonly labels: string },
  from: number,
): boolean {
  const range = { from, limit: 1 };
  const rows =
    stepMs === 10_000
      ? records.scan(metricRawTable, "series", { equal: [name, labels], ...range })
      : records.scan(metricRollupTable, "series", {
          equal: [stepMs / 1_000, name, labels],
          ...range,
        });
  return rows.length > 0;
}

type Rollup = { readonly seconds: number; readonly at: number };

const bucketAt = ({ at }: MetricPoint, stepMs: number): number => at - (at % stepMs);

const rollupsOf = (point: MetricPoint): readonly Rollup[] =>
  metricStepsMs
    .filter((stepMs) => stepMs !== 10_000)
    .map((stepMs) => ({ seconds: stepMs / 1_000, at: bucketAt(point, stepMs) }));

/** The rows that a point goes into, one in the first table, the others in the second. */
export const metricKeysOf = (point: MetricPoint) => {
  const series = [point.name, point.labels ?? ""];
  return {
    raw: [bucketAt(point, 10_000), ...series],
    rollups: rollupsOf(point).map(({ seconds, at }) => [seconds, at, ...series]),
  };
};

/** Into the buckets of all steps, or into none. */
function add(records: RecordShelf, point: MetricPoint): boolean {
  const keys = metricKeysOf(point);
  const raw = records.get(metricRawTable, keys.raw);
  const longer = rollupsOf(point).map((rollup, at) => {
    const former = records.get(metricRollupTable, keys.rollups[at] ?? []);
    return { ...rollup, former };
  });
  const all = [raw, ...longer.map(({ former }) => former)];
  if (!all.every((former) => hasSameBuckets(former, point))) return false;
  records.put(metricRawTable, merged(raw, point, bucketAt(point, 10_000)), raw);
  for (const { seconds, at, former } of longer) {
    records.put(metricRollupTable, { seconds, ...merged(former, point, at) }, former);
  }
  return true;
}

const hasSameBuckets = (former: MetricBucket | undefined, { histogram }: MetricPoint): boolean => {
  if (histogram && histogram.byteLength % 4 !== 0) return false;
  return !former || (former.histogram?.byteLength ?? -1) === (histogram?.byteLength ?? -1);
};

function merged(former: MetricBucket | undefined, point: MetricPoint, at: number): MetricBucket {
  const { name, labels = "", count, sum, min, max } = point;
  const histogram = point.histogram ?? null;
  if (!former) return { at, name, labels, count, sum, min, max, histogram };
  return {
    at,
    name,
    labels,
    count: former.count + count,
    sum: former.sum + sum,
    min: Math.min(former.min, min),
    max: Math.max(former.max, max),
    histogram: histogram && former.histogram ? added(former.histogram, histogram) : null,
  };
}

function added(a: Uint8Array, b: Uint8Array): Uint8Array {
  const sum = new Uint8Array(a.byteLength);
  const [left, right, into] = [a, b, sum].map(
    ({ buffer, byteOffset, byteLength }) => new DataView(buffer, byteOffset, byteLength),
  );
  for (let at = 0; at < sum.byteLength; at += 4) {
    const count = (left?.getUint32(at, true) ?? 0) + (right?.getUint32(at, true) ?? 0);
    into?.setUint32(at, Math.min(count, 0xffff_ffff), true);
  }
  return sum;
}

const bucketOf = ({ seconds: _, ...bucket }: RollupRow): MetricBucket => bucket;

/** Forgets buckets whose time is over; how many. */
export function trimMetrics(records: RecordShelf, nowMs: number, limit: number): number {
  const { metricRawTtlMs, metricMinuteTtlMs, metricHourTtlMs } = storeLimits;
  const longer = [
    [60, metricMinuteTtlMs],
    [3_600, metricHourTtlMs],
  ] as const;
  const raw = records.trim(metricRawTable, "key", { before: nowMs - metricRawTtlMs, limit });
  return longer.reduce((sum, [seconds, ttlMs]) => {
    const range = { equal: [seconds], before: nowMs - ttlMs, limit };
    return sum + records.trim(metricRollupTable, "key", range);
  }, raw);
}
