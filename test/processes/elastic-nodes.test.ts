// Nodes that come and go with their load, as processes of the launcher.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isAlive } from "../nodes/launch/launch-recorder.ts";
import { ClusterProcess, type LaunchLine } from "./cluster-process.ts";
import {
  attemptsOf,
  elasticTopology,
  ended,
  groupAt,
  standing,
  submitNap,
  untilGroup,
} from "./elastic-cluster.ts";

test("nodes come with slow tasks and go after them, and no task is lost when one is killed", {
  timeout: 170_000,
}, async (context) => {
  const lines: LaunchLine[] = [];
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    topology: elasticTopology("{ min: 1, max: 3, upAfterMs: 1000, downAfterMs: 4000 }"),
    heard: (line) => lines.push(line),
  });
  const { url } = cluster;
  const first = await untilGroup(url, (group) => standing(group, "ready").length === 1);
  assert.deepEqual(standing(first, "ready"), ["napper-1"]);
  const tasks = await Promise.all(Array.from({ length: 8 }, () => submitNap(url, 4_000)));
  await untilGroup(url, (group) => standing(group, "ready").length === 3);
  await cluster.kill("napper-3");
  const states = await Promise.all(tasks.map((taskId) => ended(url, taskId)));
  assert.deepEqual(
    states,
    Array.from({ length: 8 }, () => "completed"),
  );
  const attempts = await Promise.all(tasks.map((taskId) => attemptsOf(url, taskId)));
  // Only what ran on the node that was killed was begun once more.
  assert.ok(attempts.filter((count) => count > 1).length <= 1, attempts.join());
  const last = await untilGroup(url, ({ nodes }) => nodes.length === 1);
  assert.deepEqual(last.nodes, [{ node: "napper-1", phase: "ready" }]);
  assert.equal(last.downs, 2);
  assert.equal(last.trouble, null);
  for (const node of ["napper-2", "napper-3"]) assert.equal(isAlive(cluster.pidOf(node)), false);
  const scaled = lines.filter(({ kind }) => kind === "scaled");
  assert.deepEqual(
    scaled.map((line) => JSON.stringify(line).replace(/,"reason.*/, "")),
    [
      '{"kind":"scaled","group":"napper","from":1,"to":2',
      '{"kind":"scaled","group":"napper","from":2,"to":3',
      '{"kind":"scaled","group":"napper","from":3,"to":2',
      '{"kind":"scaled","group":"napper","from":2,"to":1',
    ],
  );
  assert.equal(await cluster.interrupt(), 0);
  assert.equal(isAlive(cluster.pidOf("napper-1")), false);
});

test("with a minimum of none the first task waits for a node, which leaves when all is done", {
  timeout: 120_000,
}, async (context) => {
  const terms = "{ min: 0, max: 2, upAfterMs: 1000, downAfterMs: 2000, zeroAfterMs: 3000 }";
  const cluster = await ClusterProcess.start(context, {
    workers: 0,
    topology: elasticTopology(terms),
  });
  const { url } = cluster;
  assert.deepEqual((await untilGroup(url, ({ trouble }) => trouble === null)).nodes, []);
  // Nobody offers the gateway's model just now, and the next repair would bring somebody about.
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const task = await submitNap(url, 500);
  assert.equal(await ended(url, task), "completed");
  await untilGroup(url, ({ nodes }) => nodes.length === 0);
  assert.equal((await groupAt(url))?.ups, 1);
  // Whoever comes next finds the name of one that has left.
  assert.equal(await ended(url, await submitNap(url, 500)), "completed");
  assert.equal(await cluster.interrupt(), 0);
});

test("a command starts nodes that no launcher keeps, and is told when they have left", {
  timeout: 150_000,
}, async (context) => {
  const script = fileURLToPath(
    new URL("../../examples/topologies/node-command.sh", import.meta.url),
  );
  const terms = "min: 0, max: 2, upAfterMs: 1000, downAfterMs: 2000, zeroAfterMs: 3000";
  const cluster = await ClusterProcess.start(context, {
    workers: 0,
    topology: elasticTopology(`{ ${terms}, command: ["${script}", topology.yaml, runs] }`),
  });
  const { folder, url } = cluster;
  const file = (node: string): string => join(folder, "runs", `${node}.pid`);
  const tasks = await Promise.all(Array.from({ length: 4 }, () => submitNap(url, 3_000)));
  await untilGroup(url, (group) => standing(group, "ready").length === 2);
  const pids = ["napper-1", "napper-2"].map((node) => Number(readFileSync(file(node), "utf8")));
  context.after(() => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  assert.ok(pids.every(isAlive));
  const states = await Promise.all(tasks.map((taskId) => ended(url, taskId)));
  assert.deepEqual(
    states,
    Array.from({ length: 4 }, () => "completed"),
  );
  const last = await untilGroup(url, ({ nodes }) => nodes.length === 0);
  assert.deepEqual([last.downs, last.failures], [2, 0]);
  while (existsSync(file("napper-1")) || existsSync(file("napper-2"))) await pause(100);
  assert.equal(pids.some(isAlive), false);
});
