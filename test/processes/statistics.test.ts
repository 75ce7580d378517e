// The history of a cluster's figures outlives the node that keeps it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";
import { commandLine } from "./command-line.ts";
import { formOf, pictureOf } from "./pictures.ts";

const Point = Type.Object({ at: Type.Integer(), value: Type.Number() });
const Report = Compile(
  Type.Object({
    lines: Type.Array(Type.Object({ of: Type.String(), points: Type.Array(Point) })),
  }),
);

/** Without lines while the gateway, which is on the same node, is away. */
async function answerOf(url: string): Promise<unknown> {
  const response = await fetch(url).catch(() => null);
  return response?.ok ? response.json() : { lines: [] };
}

test("figures from before the control node was killed are still there, and new ones follow", {
  timeout: 240_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  /** The points of the queue `default` since the cluster began, oldest first. */
  const pointsOf = async (series: string) => {
    const report = await answerOf(`${cluster.url}/api/v1/statistics?series=${series}&of=default`);
    assert.ok(Report.Check(report));
    return report.lines[0]?.points ?? [];
  };
  const until = async (series: string, isThere: (value: number, at: number) => boolean) => {
    for (;;) {
      const points = await pointsOf(series);
      if (points.some(({ at, value }) => isThere(value, at))) return points;
      await setTimeout(500);
    }
  };
  const repair = async (): Promise<void> => {
    const body = formOf(await pictureOf(64));
    const response = await fetch(`${cluster.url}/inpaint`, { method: "POST", body });
    assert.equal(response.status, 200);
  };
  await until("queue.pending", () => true);
  await repair();
  const before = await until("queue.completed", (value) => value === 1);
  assert.ok((await until("queue.completed_per_second", (value) => value > 0)).length > 0);
  assert.ok((await until("queue.waits", () => true)).length > 0);

  // What is in the history is on disk within a second.
  await setTimeout(2_000);
  const killedAt = Date.now();
  await cluster.kill("control");
  const after = await until("queue.completed", (_, at) => at > killedAt);
  for (const point of before) {
    assert.ok(after.some((kept) => kept.at === point.at && kept.value === point.value));
  }

  const words = ["statistics", "queue.completed", "--since", "10m", "--url", cluster.url];
  const { exitCode, said } = await commandLine(...words);
  assert.equal(exitCode, 0, said);
  assert.match(said, /queue\.completed \(tasks\), .* steps of 10 s\n\nOF .*\ndefault .*█/);
  assert.equal(await cluster.interrupt(), 0);
});
