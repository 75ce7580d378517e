// The history of the cluster's figures, as the store keeps it.
//
// - `GET /api/v1/statistics`: which series there are, by name, with what tells them apart.
// - `GET /api/v1/statistics?series=queue.pending&of=default&since=3600000`: the points of one name, oldest
//   first; `from` and `to` in place of `since`; `step`: 10000, 60000 or 3600000 ms.
//
// It tells of counts and times, and of nobody's tasks.
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { type MetricBucket, metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { labelledIn, statisticSeries } from "#protocols/tasks/statistic-series.ts";
import { waitAt } from "#protocols/tasks/wait-buckets.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../http-message.ts";
import type { NamedActors } from "../named-actors.ts";
import type { Route } from "../router.ts";
import { pointsMax, type StatisticsQuery, statisticsQueryIn, timeIn } from "../statistics-query.ts";

/** Lines of one answer; more are counted. */
const linesMax = 32;

export const statisticsRoutes = (
  actors: Pick<NamedActors, "store">,
  wall: () => number,
): readonly Route[] => [
  {
    method: "GET",
    path: "/api/v1/statistics",
    handle: (request) => answer(actors, request, Math.floor(wall())),
  },
];

async function answer(
  actors: Pick<NamedActors, "store">,
  request: HttpRequest,
  nowMs: number,
): Promise<HttpResponse> {
  const query = new URLSearchParams(request.query);
  if (!query.has("series")) {
    const { from } = timeIn(query, nowMs);
    return jsonResponse(200, { series: await listed(await actors.store(), from) });
  }
  const wanted = statisticsQueryIn(query, nowMs);
  return jsonResponse(200, await read(await actors.store(), wanted));
}

/** Those that have something since then, in steps that are kept longest. */
async function listed(store: Ref<Store>, since: number) {
  const hour = 3_600_000;
  const from = since - (since % hour);
  const limit = storeLimits.recordPageMax;
  const found = Object.entries(statisticSeries).map(async ([name, { kind, label, unit }]) => {
    const labels = await store.metricSeries({ name, stepMs: hour, from, limit });
    const of = label === null ? [] : labels.map(labelledIn);
    return labels.length === 0 ? [] : [{ name, kind, unit, label, of }];
  });
  return (await Promise.all(found)).flat();
}

async function read(store: Ref<Store>, wanted: StatisticsQuery) {
  const { series: name, kind, unit, label, stepMs, from, to } = wanted;
  const all = await labelsOf(store, wanted);
  const lines = all.slice(0, linesMax).map(async (labels) => {
    const range = { name, labels, stepMs, from, to, limit: pointsMax };
    const points = (await store.metrics(range)).map((bucket) => pointOf(bucket, kind));
    return { of: label === null ? null : labelledIn(labels), points };
  });
  const omitted = Math.max(0, all.length - linesMax);
  return {
    series: name,
    kind,
    unit,
    label,
    stepMs,
    from,
    to,
    lines: await Promise.all(lines),
    omitted,
  };
}

async function labelsOf(
  store: Ref<Store>,
  { series: name, label, of, stepMs, from }: StatisticsQuery,
): Promise<readonly string[]> {
  if (label === null) return [""];
  if (of !== null) return [metricLabelsText({ [label]: of })];
  return store.metricSeries({ name, stepMs, from, limit: storeLimits.recordPageMax });
}

/** `value`: what the series is of at that step: the mean of a gauge and of durations, the sum of a count. */
function pointOf(
  { at, count, histogram, max, min, sum }: MetricBucket,
  kind: StatisticsQuery["kind"],
) {
  const value = kind === "count" ? sum : sum / count;
  const point = { at, value, count, min, max };
  if (histogram === null) return point;
  return { ...point, p50: waitAt(0.5, histogram), p99: waitAt(0.99, histogram) };
}
