// What becomes of scaled nodes, and of what they run, when the group shrinks and when the control node is killed.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlive } from "../nodes/launch/launch-recorder.ts";
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

/** Two nodes that run a task of 20 s each, of whom the second is to leave. */
async function shrinking(context: TestContext) {
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    topology: elasticTopology(
      "{ min: 1, max: 2, itemsPerNode: 2, waitMsMax: 60000, upAfterMs: 1000, downAfterMs: 2000 }",
    ),
  });
  const { url } = cluster;
  const tasks = await Promise.all([0, 1, 2, 3].map(() => submitNap(url, 20_000)));
  await untilGroup(url, ({ waiting, running }) => waiting === 2 && running === 2);
  const states = await Promise.all(tasks.map((task) => stateOf(url, task)));
  const waiting = tasks.filter((_, index) => states[index] === "pending");
  assert.equal(waiting.length, 2);
  for (const task of waiting) await fetch(`${url}/api/v1/tasks/${task}`, { method: "DELETE" });
  // Both nodes run a task still, and one would do for two.
  const leaving = await untilGroup(url, (group) => standing(group, "leaving").length > 0);
  assert.deepEqual(standing(leaving, "leaving"), ["napper-2"]);
  return { cluster, url, running: tasks.filter((task) => !waiting.includes(task)) };
}

async function assertEndedOnce(url: string, tasks: readonly string[]): Promise<void> {
  for (const task of tasks) assert.equal(await ended(url, task), "completed");
  const attempts = await Promise.all(tasks.map((task) => attemptsOf(url, task)));
  assert.deepEqual(attempts, [1, 1]);
}

test("a node that is too many ends the task that it runs before it leaves", {
  timeout: 150_000,
}, async (context) => {
  const { running, url } = await shrinking(context);
  await assertEndedOnce(url, running);
  const last = await untilGroup(url, ({ nodes }) => nodes.length === 1);
  assert.deepEqual([last.downs, last.failures], [1, 0]);
});

test("so it does when the control node is killed meanwhile, and none comes in its place", {
  timeout: 150_000,
}, async (context) => {
  const { cluster, running, url } = await shrinking(context);
  const pid = cluster.pidOf("napper-2");
  await cluster.kill("control");
  await answering(url);
  const again = await untilGroup(url, (group) => standing(group, "leaving").length > 0);
  assert.deepEqual(standing(again, "leaving"), ["napper-2"]);
  await assertEndedOnce(url, running);
  await untilGroup(url, ({ nodes }) => nodes.length === 1);
  assert.equal(cluster.pidOf("napper-2"), pid);
  assert.equal(isAlive(pid), false);
  assert.equal(await cluster.interrupt(), 0);
});

test("a command that fails is told of, and tasks wait for the day that it does not", {
  timeout: 120_000,
}, async (context) => {
  const { folder, url } = await ClusterProcess.start(context, {
    workers: 0,
    topology: elasticTopology('{ min: 0, max: 1, command: ["./start-node"] }'),
  });
  await writeFile(join(folder, "start-node"), "#!/bin/sh\necho no room\nexit 4\n", { mode: 0o755 });
  const task = await submitNap(url, 100);
  const { failures, trouble } = await untilGroup(url, (group) => group.failures > 0);
  assert.equal(failures, 1);
  const why = "its command failed 3 times, at last: it exited with code 4: no room";
  assert.equal(trouble, `napper-1 is given up: ${why}`);
  assert.equal(await stateOf(url, task), "pending");
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
