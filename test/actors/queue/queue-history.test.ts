import assert from "node:assert/strict";
import { test } from "node:test";
import { keptTotals } from "#actors/queue/kept-totals.ts";
import { noTotals, portionsOf, QueueHistory } from "#actors/queue/queue-history.ts";
import { QueueMonitorActor } from "#actors/queue/queue-monitor-actor.ts";
import { MemoryBackend } from "#actors/store/memory/memory-backend.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { MetricPoint } from "#protocols/tasks/metric-records.ts";
import type { QueueMonitor } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { ForgetfulStoreActor, type Losses } from "./forgetful-store.ts";
import { viewOf } from "./queue-samples.ts";

const hourMs = 3_600_000;
const startMs = 1_750_000_000_000;

const sums = (points: readonly MetricPoint[]): Readonly<Record<string, number>> =>
  Object.fromEntries(points.map(({ name, sum }) => [name, sum]));

test("a history has a point every ten seconds, with what ended since the one before", () => {
  const history = new QueueHistory();
  const at = (time: number, terms: Partial<QueueView>) =>
    sums(history.seen([viewOf(terms)], time).flatMap(({ points }) => points));
  assert.deepEqual(at(1_000_000, { completedTotal: 40 }), {}, "where it stands is not known");
  assert.deepEqual(history.unread([viewOf({})]).length, 1);
  history.standsAt("q", { ...noTotals, completedTotal: 37 });
  assert.deepEqual(history.unread([viewOf({})]), []);
  assert.deepEqual(at(1_000_000, { pending: 3, completedTotal: 40 }), {
    ...{ "queue.pending": 3, "queue.running": 0, "queue.waiting_confirmation": 0 },
    ...{ "queue.completed": 3, "queue.failed": 0, "queue.cancelled": 0 },
    ...{ "queue.timed_out": 0, "queue.evicted": 0 },
    ...{ "queue.completed_total": 40, "queue.failed_total": 0, "queue.cancelled_total": 0 },
    ...{ "queue.timed_out_total": 0, "queue.evicted_total": 0 },
  });
  assert.deepEqual(at(1_009_999, { completedTotal: 41 }), {});
  const ends = { completedTotal: 45, cancelledTotal: 2, timedOutTotal: 3 };
  const next = at(1_010_000, { ...ends, queueMsMean: 20, runMsMean: 300 });
  assert.equal(next["queue.completed"], 5);
  assert.equal(next["queue.completed_per_second"], 0.5);
  assert.deepEqual([next["queue.cancelled"], next["queue.timed_out"]], [2, 3]);
  assert.deepEqual([next["queue.wait_ms"], next["queue.run_ms"]], [20, 300]);
  assert.equal(at(900_000, { completedTotal: 46 })["queue.completed"], 1, "the clock went back");
});

test("totals are written when they have changed, and every hour", () => {
  const history = new QueueHistory();
  history.standsAt("q", noTotals);
  const hasTotals = (at: number, completedTotal: number) =>
    history
      .seen([viewOf({ completedTotal })], at)
      .some(({ points }) => points.some(({ name }) => name === "queue.failed_total"));
  assert.deepEqual(
    [hasTotals(0, 0), hasTotals(10_000, 0), hasTotals(20_000, 1)],
    [...[true, false, true]],
  );
  assert.deepEqual([hasTotals(30_000, 1), hasTotals(20_000 + hourMs, 1)], [false, true]);
});

test("the points of a queue stay together in a portion", () => {
  const points = (count: number) =>
    Array.from({ length: count }, () => ({ name: "n", at: 0, count: 1, sum: 0, min: 0, max: 0 }));
  const all = [4, 5, 1, 9, 2].map((count, at) => ({ queue: `${at}`, points: points(count) }));
  const queues = portionsOf(all, 10).map((some) => some.map(({ queue }) => queue).join(""));
  assert.deepEqual(queues, ["012", "3", "4"]);
  assert.deepEqual(portionsOf([], 10), []);
});

/** A store whose time the test sets, and lives of a monitor that end without a word. */
function stage() {
  const clock = { nowMs: startMs };
  let ids = 0;
  const makeId = (): string => {
    ids += 1;
    return `id-${ids}`;
  };
  const store = new MemoryBackend({ nowMs: () => clock.nowMs, makeId });
  const source = {
    metrics: (request: Parameters<Parameters<typeof keptTotals>[0]["metrics"]>[0]) =>
      store.call({ method: "metrics", args: [request] }),
  };
  const kept = () => keptTotals(source, "q", clock.nowMs);
  return {
    clock,
    kept,
    /** Looks once, in a new life, and writes what it has. */
    async look(terms: Partial<QueueView>): Promise<void> {
      const view = viewOf(terms);
      const history = new QueueHistory();
      history.standsAt("q", (await kept()) ?? view);
      const points = history.seen([view], clock.nowMs).flatMap((one) => one.points);
      await store.call({ method: "recordMetrics", args: [points] });
    },
    async record(points: readonly MetricPoint[]): Promise<void> {
      await store.call({ method: "recordMetrics", args: [points] });
    },
    async sumOf(name: string): Promise<number> {
      const range = { from: startMs - hourMs, to: clock.nowMs + hourMs, limit: 1_000 };
      const request = { name, labels: 'queue="q"', stepMs: hourMs, ...range } as const;
      return (await source.metrics(request)).reduce((sum, bucket) => sum + bucket.sum, 0);
    },
  };
}

test("over any lives the sum of the history is the total of the store", async () => {
  const { clock, look, sumOf } = stage();
  await look({ failedTotal: 2 });
  assert.equal(
    await sumOf("queue.failed"),
    2,
    "a queue that came into being with its first failure",
  );
  for (const [afterMs, completedTotal] of [
    [10_000, 55],
    [1_000, 70],
    [3 * hourMs, 71],
    [40 * hourMs, 71],
    [2_000 * hourMs, 90],
  ] as const) {
    clock.nowMs += afterMs;
    await look({ failedTotal: 2, completedTotal });
    assert.equal(await sumOf("queue.completed"), completedTotal, `after ${afterMs} ms`);
  }
  assert.equal(await sumOf("queue.failed"), 2);
});

test("a history that was begun without totals goes on from now", async () => {
  const { kept, record } = stage();
  assert.deepEqual(await kept(), noTotals, "nothing is kept of a new queue");
  const point = { labels: 'queue="q"', at: startMs, count: 1, sum: 1, min: 1, max: 1 };
  await record([{ name: "queue.pending", ...point }]);
  assert.equal(await kept(), undefined);
});

test("a monitor that ends without a word, and reports that are refused, lose no counts", async () => {
  const { system, time, stop } = createTestSystem();
  const losses: Losses = { claims: 0, granted: [] };
  await time.until(system.started(system.spawn(ForgetfulStoreActor, losses, { name: "store" })));
  const store = await time.until(system.lookup(Store, "store", 5_000));
  const sumOf = async (): Promise<number> => {
    const range = { from: 0, to: time.wall() + hourMs, limit: 1_000 };
    const request = {
      name: "queue.completed",
      labels: 'queue="q"',
      stepMs: hourMs,
      ...range,
    } as const;
    const found = await time.until(store.metrics(request));
    return found.reduce((sum, bucket) => sum + bucket.sum, 0);
  };
  const lookFor = async (monitor: Ref<QueueMonitor>, seconds: number, completedTotal: number) => {
    for (let second = 0; second < seconds; second += 1) {
      monitor.observe([viewOf({ completedTotal })]);
      await time.advance(1_000);
    }
  };
  const first = system.spawn(QueueMonitorActor);
  await time.advance(10);
  await lookFor(first, 12, 5);
  await lookFor(first, 3, 7);
  assert.equal(await sumOf(), 5, "two have ended since the last point");
  // The first hears nothing more: it is as good as dead.
  const second = system.spawn(QueueMonitorActor);
  await time.advance(10);
  await lookFor(second, 12, 9);
  assert.equal(await sumOf(), 9);
  losses.reports = 2;
  await lookFor(second, 18, 12);
  assert.equal(await sumOf(), 9, "refused");
  await lookFor(second, 24, 14);
  assert.equal(losses.reports, 0);
  assert.equal(await sumOf(), 14);
  await stop();
});
