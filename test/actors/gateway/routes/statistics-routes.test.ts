import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "#actors/gateway/http-message.ts";
import { NamedActors } from "#actors/gateway/named-actors.ts";
import { routeRequests } from "#actors/gateway/router.ts";
import { statisticsRoutes } from "#actors/gateway/routes/statistics-routes.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { type MetricPoint, metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { queueSeries } from "#protocols/tasks/queue-monitor.ts";
import { WaitBuckets } from "#protocols/tasks/wait-buckets.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

const asked = (query: string): HttpRequest => ({
  ...{ method: "GET", path: "/api/v1/statistics", query, remote: "10.0.0.7" },
  ...{ body: new Uint8Array(), headers: new Map(), signal: new AbortController().signal },
});

test("what the store keeps is listed by name, and read by name, queue and time", async (t) => {
  const system = await startLocalSystem({ log: { write: () => {} } });
  t.after(() => system.stop());
  await system.started(system.spawn(StoreActor, { kind: "memory" }));
  const store = await system.lookup(Store, "store", 5_000);
  const actors = new NamedActors({
    lookup: (protocol, name, terms) => system.lookup(protocol, name, terms?.within ?? 1_000),
  });
  const handle = routeRequests(statisticsRoutes(actors, Date.now));
  const ask = async (query: string) => {
    const { status, body } = await handle(asked(query));
    assert.equal(status, 200);
    return JSON.parse(String(body));
  };
  assert.deepEqual(await ask(""), { series: [] });

  const at = Date.now();
  const point = (name: string, queue: string, value: number): MetricPoint => ({
    ...{ name, at, labels: metricLabelsText({ queue }) },
    ...{ count: 1, sum: value, min: value, max: value },
  });
  const buckets = new WaitBuckets();
  for (const ms of [10, 10, 4_000]) buckets.add(ms);
  const waits = { count: 3, sum: 4_020, min: 10, max: 4_000, histogram: buckets.bytes };
  const recorded = await store.recordMetrics([
    point(queueSeries.pending, "small", 4),
    point(queueSeries.pending, 'odd "one", too', 7),
    point(queueSeries.completed, "small", 2),
    point(queueSeries.completed, "small", 3),
    { ...point(queueSeries.waits, "small", 0), ...waits },
  ]);
  assert.equal(recorded.dropped, 0);

  const { series } = await ask("");
  assert.deepEqual(
    series.map(({ name, of }: { name: string; of: unknown }) => [name, of]),
    [
      ["queue.pending", ['odd "one", too', "small"]],
      ["queue.completed", ["small"]],
      ["queue.waits", ["small"]],
    ],
  );
  const pending = await ask("series=queue.pending");
  assert.deepEqual(
    pending.lines.map((line: { of: string; points: { value: number }[] }) => [
      line.of,
      line.points.map(({ value }) => value),
    ]),
    [
      ['odd "one", too', [7]],
      ["small", [4]],
    ],
  );
  const completed = await ask("series=queue.completed&of=small&step=60000");
  assert.deepEqual([completed.lines[0].points[0].value, completed.stepMs], [5, 60_000]);
  const [{ points }] = (await ask("series=queue.waits&of=small")).lines;
  assert.deepEqual([points[0].value, points[0].max], [1_340, 4_000]);
  assert.ok(Math.abs(points[0].p50 - 10) < 2 && Math.abs(points[0].p99 - 4_000) < 800);
  const before = `series=queue.pending&from=${at - 7_200_000}&to=${at - 3_600_000}`;
  for (const { points: none } of (await ask(before)).lines) assert.deepEqual(none, []);
});

test("while there is no store, who asks is told to come again", async () => {
  const away = (): Promise<never> => Promise.reject(new Error("nobody"));
  const handle = routeRequests(statisticsRoutes(new NamedActors({ lookup: away }), Date.now));
  await assert.rejects(async () => handle(asked("series=queue.pending")), { code: "unavailable" });
});
