// What nodes are said to have done, after one stood still, was drained, and was told to end: whom it is counted
// for, and that it adds up to what the queue says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ClusterProcess } from "./cluster-process.ts";
import { stateOf } from "./elastic-cluster.ts";
import { leaseMs, TwoWorkers, twoWorkers } from "./two-workers.ts";

/** Nobody stands still for so long. */
const topology = twoWorkers(60_000);

const begin = async (...terms: Parameters<typeof ClusterProcess.start>) => {
  const cluster = await ClusterProcess.start(...terms);
  const two = new TwoWorkers(cluster.url);
  await Promise.all([two.until("alpha", "online"), two.until("beta", "online")]);
  return { cluster, two };
};

test("a worker that stands still until its leases are over has failed once, and is well when it has done a task", {
  timeout: 150_000,
}, async (context) => {
  const { cluster, two } = await begin(context, { workers: 2, topology });
  await two.order("beta", "pause");
  const first = await two.running("waitOnce");
  // Its lease ends in another sweep than the first one's.
  await pause(leaseMs / 4);
  const second = await two.running("waitOnce");
  const pid = cluster.pidOf("alpha");
  process.kill(pid, "SIGSTOP");
  await two.order("beta", "resume");
  assert.deepEqual(await two.done(first), ["beta", 2]);
  assert.deepEqual(await two.done(second), ["beta", 2]);
  process.kill(pid, "SIGCONT");
  await two.until("alpha", "online");
  const beta = { completed: 2, failed: 0, failuresInRow: 0 };
  const expected = { alpha: { completed: 0, failed: 2, failuresInRow: 1 }, beta };
  assert.deepEqual(await two.counts(expected), expected);

  await two.order("beta", "pause");
  assert.deepEqual(await two.done(await two.submit("nap")), ["alpha", 1]);
  const mended = { alpha: { completed: 1, failed: 2, failuresInRow: 0 }, beta };
  assert.deepEqual(await two.counts(mended), mended);
  assert.equal(cluster.pidOf("alpha"), pid, "its process went on");
  assert.deepEqual(await two.totals(), [3, 0]);
  assert.equal(await cluster.interrupt(), 0);
});

test("nobody has failed for a drain, or for a node that was told to end", {
  timeout: 150_000,
}, async (context) => {
  const { cluster, two } = await begin(context, { workers: 2, topology });
  await two.order("beta", "pause");
  const drained = await two.running("nap", 3_000);
  await two.order("beta", "resume");
  await two.order("alpha", "drain");
  assert.deepEqual(await two.done(drained), ["alpha", 1]);
  await two.until("alpha", "offline");
  const alpha = { completed: 1, failed: 0, failuresInRow: 0 };
  const early = { alpha, beta: { completed: 0, failed: 0, failuresInRow: 0 } };
  assert.deepEqual(await two.counts(early), early);

  const tasks = [await two.running("waitOnce"), await two.running("waitOnce")];
  await two.order("beta", "stop");
  await two.until("beta", "offline");
  for (const taskId of tasks) {
    while ((await stateOf(cluster.url, taskId)) !== "pending") await pause(50);
  }
  assert.deepEqual(await two.counts(early), early);
  assert.deepEqual(await two.totals(), [1, 0]);
  assert.equal(await cluster.interrupt(), 0);
});
