// A worker's process that computes for ever: its launcher finds it, and its tasks go on elsewhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterProcess } from "./cluster-process.ts";
import { commandLine } from "./command-line.ts";
import { leaseMs, TwoWorkers, twoWorkers } from "./two-workers.ts";

/** Its leases are over before. */
const blockedMsMax = leaseMs + 3_000;

test("a node that hangs is killed and started anew, its tasks are done elsewhere, and it is blamed once", {
  timeout: 150_000,
}, async (context) => {
  const reasons: string[] = [];
  const cluster = await ClusterProcess.start(context, {
    workers: 2,
    topology: twoWorkers(blockedMsMax),
    heard: (line) => {
      if (line.kind === "exited" && "reason" in line) reasons.push(`${line.node} ${line.reason}`);
    },
  });
  const two = new TwoWorkers(cluster.url);
  const hung = cluster.pidOf("alpha");
  await Promise.all([two.until("alpha", "online"), two.until("beta", "online")]);
  await two.order("beta", "pause");
  const neighbour = await two.running("waitOnce");
  const endless = await two.running("spinOnce");
  await two.order("beta", "resume");
  assert.deepEqual(await two.done(endless), ["beta", 2]);
  assert.deepEqual(await two.done(neighbour), ["beta", 2]);

  await cluster.event(({ kind, node }) => kind === "exited" && node === "alpha");
  const reason = `was away from its event loop for ${blockedMsMax} ms (was killed by SIGKILL)`;
  assert.deepEqual(reasons, [`alpha ${reason}`]);
  await cluster.event(
    ({ kind, node, pid }) => kind === "started" && node === "alpha" && pid !== hung,
  );
  await two.until("alpha", "online");
  const { said } = await commandLine("status", "--url", cluster.url);
  const line = said.split("\n").find((one) => one.startsWith("node alpha"));
  assert.match(line ?? said, /^node alpha began anew after \S+: its former process was away from/);
  assert.ok(line?.endsWith(reason), line);

  const expected = {
    alpha: { completed: 0, failed: 2, failuresInRow: 1 },
    beta: { completed: 2, failed: 0, failuresInRow: 0 },
  };
  assert.deepEqual(await two.counts(expected), expected);
  assert.deepEqual(await two.totals(), [2, 0]);
  await two.order("beta", "pause");
  assert.deepEqual(await two.done(await two.submit("nap")), ["alpha", 1]);
  assert.equal(await cluster.interrupt(), 0);
});
