// What becomes of scaled nodes, and of what they run, when the group shrinks and when the control node is killed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterProcess } from "./cluster-process.ts";
import {
  attemptsOf,
  elasticTopology,
  ended,
  groupAt,
  standing,
  stateOf,
  submitNap,
  untilGroup,
} from "./elastic-cluster.ts";

test("a node that is too many ends the task that it runs before it leaves", {
  timeout: 150_000,
}, async (context) => {
  const { url } = await ClusterProcess.start(context, {
    workers: 1,
    topology: elasticTopology(
      "{ min: 1, max: 2, itemsPerNode: 2, waitMsMax: 60000, upAfterMs: 1000, downAfterMs: 2000 }",
    ),
  });
  const tasks = await Promise.all([0, 1, 2, 3].map(() => submitNap(url, 20_000)));
  await untilGroup(url, ({ waiting, running }) => waiting === 2 && running === 2);
  const states = await Promise.all(tasks.map((task) => stateOf(url, task)));
  const waiting = tasks.filter((_, index) => states[index] === "pending");
  assert.equal(waiting.length, 2);
  for (const task of waiting) await fetch(`${url}/api/v1/tasks/${task}`, { method: "DELETE" });
  // Both nodes run a task still, and one would do for two.
  const leaving = await untilGroup(url, (group) => standing(group, "leaving").length > 0);
  assert.deepEqual(standing(leaving, "leaving"), ["napper-2"]);
  const running = tasks.filter((task) => !waiting.includes(task));
  for (const task of running) assert.equal(await ended(url, task), "completed");
  const attempts = await Promise.all(running.map((task) => attemptsOf(url, task)));
  assert.deepEqual(attempts, [1, 1]);
  const last = await untilGroup(url, ({ nodes }) => nodes.length === 1);
  assert.deepEqual([last.downs, last.failures], [1, 0]);
});

test("a control node that is killed finds its nodes again, and neither ends nor doubles one", {
  timeout: 150_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    topology: elasticTopology("{ min: 1, max: 3, upAfterMs: 1000, downAfterMs: 15000 }"),
  });
  const { url } = cluster;
  const tasks = await Promise.all(Array.from({ length: 9 }, () => submitNap(url, 3_000)));
  await untilGroup(url, (group) => standing(group, "ready").length === 3);
  const pids = ["napper-1", "napper-2", "napper-3"].map((node) => cluster.pidOf(node));
  await cluster.kill("control");
  await answering(url);
  for (const task of tasks) assert.equal(await ended(url, task), "completed");
  const again = await untilGroup(url, (group) => standing(group, "ready").length === 3);
  assert.deepEqual([again.ups, again.failures, again.trouble], [0, 0, null]);
  assert.deepEqual(
    ["napper-1", "napper-2", "napper-3"].map((node) => cluster.pidOf(node)),
    pids,
  );
  await untilGroup(url, ({ nodes }) => nodes.length === 1);
  assert.equal(await cluster.interrupt(), 0);
});

async function answering(url: string): Promise<void> {
  while ((await groupAt(url).catch(() => undefined)) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
