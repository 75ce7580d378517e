import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, serving } from "./served-answers.ts";
import { troupe } from "./terminal-double.ts";

const from = 1_800_000_000_000;
const report = {
  ...{ series: "queue.waits", kind: "durations", unit: "ms", label: "queue" },
  ...{ stepMs: 10_000, from, to: from + 40_000, omitted: 0 },
  lines: [
    {
      of: "default",
      points: [
        { at: from, value: 10, count: 2, min: 5, max: 15, p50: 9, p99: 15 },
        { at: from + 30_000, value: 40, count: 1, min: 40, max: 40, p50: 38.4, p99: 38.4 },
      ],
    },
    { of: "idle", points: [] },
  ],
};

test("a series is a chart for each queue, with its last and outermost values", async () => {
  const asked: string[] = [];
  const listener: Parameters<typeof serving>[0] = (request, response) => {
    asked.push(request.url ?? "");
    answering(report)(request, response);
  };
  await serving(listener, async (url) => {
    const words = ["statistics", "queue.waits", "--since", "30m", "--of", "default", "--url", url];
    const { exitCode, out, err } = await troupe(...words);
    assert.equal(exitCode, 0, err);
    assert.match(out, /^queue\.waits \(ms\), 2027-01-15T08:00:00Z to .*, steps of 10 s\n/);
    assert.match(out, /\nOF +CHART +LAST +LEAST +MOST +P50 +P99\n/);
    assert.match(out, /\ndefault +▃ +█ +40 +5 +40 +38\.4 +38\.4\n$/);
    assert.doesNotMatch(out, /idle/);
    assert.deepEqual(asked, ["/api/v1/statistics?since=1800000&series=queue.waits&of=default"]);
    const json = await troupe("statistics", "queue.waits", "--json", "--url", url);
    assert.deepEqual(JSON.parse(json.out), report);
  });
});

test("without a series those that there are are listed", async () => {
  const series = [
    { name: "queue.pending", kind: "gauge", unit: "tasks", label: "queue", of: ["a", "b"] },
    { name: "system.wait_ms", kind: "gauge", unit: "ms", label: null, of: [] },
  ];
  await serving(answering({ series }), async (url) => {
    const { out } = await troupe("statistics", "--url", url);
    assert.match(out, /^SERIES +KIND +UNIT +OF *\nqueue\.pending +gauge +tasks +queue: a, b\n/);
  });
  await serving(answering({ series: [] }), async (url) => {
    assert.match((await troupe("statistics", "--url", url)).out, /nothing is kept/);
  });
});

test("a time that is none is refused before anybody is asked", async () => {
  const { exitCode, err } = await troupe("statistics", "queue.pending", "--since", "soon");
  assert.equal(exitCode, 2);
  assert.match(err, /--since.*'soon' is invalid. Write a time like 90s, 30m, 1h or 2d/);
});
