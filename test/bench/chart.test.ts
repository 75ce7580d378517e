import assert from "node:assert/strict";
import { test } from "node:test";
import { type Charted, chartOf } from "../../bench/chart.ts";
import { curvesIn } from "../../bench/chart-curve.ts";
import type { Ratio, Row } from "../../bench/contest.ts";
import { logScale } from "../../bench/log-scale.ts";

const row = (workload: string, given: Partial<Row> = {}): Row => ({
  ...{ workload, peer: "troupe", variant: "", rounds: 3, n: 1 },
  ...{ perSecond: 1_000, perSecondMin: 900, perSecondMax: 1_100 },
  ...given,
});
const ratio = (workload: string, given: Partial<Ratio> = {}): Ratio => ({
  ...{ workload, against: "", measure: "perSecond", as: "value" },
  ...{ ratio: 1_000, min: 900, max: 1_100, goal: ">= 500", met: true },
  ...given,
});
const charted = (rows: readonly Row[], ratios: readonly Ratio[] = []): string =>
  chartOf({
    ...{ suite: "core", scale: "full", startedAt: "2026-01-02T03:04:05Z" },
    ...{ machine: { cores: 2, cpuModel: "<chip>" }, rows, ratios },
  } satisfies Charted);
const barCount = (chart: string): number => chart.match(/<rect x=/g)?.length ?? 0;

test("a workload has a panel for each measure that its goals are about", () => {
  const rows = [row("W3", { bytes: 300 }), row("W3", { peer: "other" })];
  const chart = charted(rows, [
    ratio("W3"),
    ratio("W3", { measure: "bytes", ratio: 300, goal: "<= 200", met: false }),
  ]);
  assert.equal(barCount(chart), 3, "the other has no bytes");
  assert.match(chart, /1 of 2 goals reached/);
  assert.match(chart, /bytes of heap each/);
  assert.match(chart, /✗ 300 \(≤ 200\)/);
});

test("without goals rates are shown, and of nothing there is a chart all the same", () => {
  assert.equal(barCount(charted([row("W1")])), 1);
  assert.equal(barCount(charted([])), 0);
  for (const chart of [charted([]), charted([row("W1", { perSecond: 0, perSecondMin: 0 })])]) {
    assert.doesNotMatch(chart, /NaN|Infinity|undefined/);
    assert.equal(chart.match(/<svg /g)?.length, chart.match(/<\/svg>/g)?.length);
  }
});

test("a figure better than any goal stands at the edge, not outside of the chart", () => {
  const better = { as: "difference", ratio: -3, min: -5, max: 0, goal: "<= 10" } as const;
  const worse = { ratio: 0, min: 0, max: 0, met: false };
  const chart = charted([row("W1")], [ratio("W1", better), ratio("W1", worse)]);
  for (const [, x] of chart.matchAll(/<circle cx="([^"]+)"/g)) {
    assert.ok(Number(x) > 0 && Number(x) < 1200, x);
  }
  assert.doesNotMatch(chart, /NaN|Infinity/);
});

test("a goal of no difference is wholly reached, or not at all", () => {
  const difference = { against: "other", measure: "decibels", as: "difference" } as const;
  for (const [figure, met] of [
    [0, true],
    [1.5, true],
    [-0.5, false],
  ] as const) {
    const given = { ...difference, ratio: figure, min: figure, max: figure, goal: ">= 0", met };
    const rows = [row("W14", { decibels: 30 }), row("W14", { peer: "other", decibels: 29 })];
    const chart = charted(rows, [ratio("W14", given)]);
    assert.equal(barCount(chart), 0, "as bars likenesses would all look the same");
    assert.match(chart, /W14, likeness beside other/);
    assert.match(chart, / dB, goal ≥ 0/);
    assert.doesNotMatch(chart, /NaN|Infinity/);
  }
});

test("one workload over three numbers or more is a curve in their order, two are none", () => {
  const over = (count: string, peer = "troupe") => row(`W4 tell over ${count}`, { peer });
  assert.deepEqual(curvesIn([over("10"), over("1,000")]), []);
  const rows = [over("10"), over("1,000"), over("100"), over("10", "elsewhere")];
  const [curve] = curvesIn(rows);
  assert.deepEqual(
    [curve?.title, curve?.points.map((point) => point.over)],
    ["W4 tell", [10, 100, 1_000]],
  );
  const chart = charted(rows);
  assert.equal(chart.match(/<polyline/g)?.length, 1, "one contender was not everywhere");
  assert.equal(barCount(chart), 0);
});

test("what comes from outside is escaped", () => {
  assert.match(charted([row('<W> & "co"')]), /&#60;W&#62; &#38; &#34;co&#34;/);
  assert.doesNotMatch(charted([]), /<chip>/);
});

test("equal steps of a scale are equal factors, and its ends are powers of ten", () => {
  const { at, powers } = logScale([20, 3_000], { from: 0, to: 300 });
  assert.deepEqual(powers, [1, 2, 3, 4]);
  assert.deepEqual([10, 100, 10_000, 1].map(at).map(Math.round), [0, 100, 300, 0]);
  assert.deepEqual(logScale([], { from: 0, to: 10 }).powers, [0, 1]);
});
