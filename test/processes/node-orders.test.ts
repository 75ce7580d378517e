// Orders to nodes of a cluster of real processes, and what becomes of nodes that fall silent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

interface NodeSeen {
  readonly name: string;
  readonly incarnation: number;
  readonly status: string;
  readonly statusReason: string;
  readonly hold: { readonly kind: string; readonly reason: string } | null;
  readonly statistics: { readonly completed: number; readonly failed: number } | null;
  readonly capabilities: { readonly skills: readonly { readonly skill: string }[] };
  readonly load: { readonly machineMemoryPercent: number; readonly diskPercent: number } | null;
}

async function nodesOf(cluster: ClusterProcess): Promise<ReadonlyMap<string, NodeSeen>> {
  const response = await fetch(`${cluster.url}/api/nodes`).catch(() => undefined);
  if (response?.status !== 200) return new Map();
  const { nodes } = (await response.json()) as { readonly nodes: readonly NodeSeen[] };
  return new Map(nodes.map((node) => [node.name, node]));
}

/** Asks until the node is as wanted; the test's own timeout ends it. */
async function until(
  cluster: ClusterProcess,
  name: string,
  isIt: (node: NodeSeen) => boolean,
): Promise<NodeSeen> {
  for (;;) {
    const node = (await nodesOf(cluster)).get(name);
    if (node && isIt(node)) return node;
    await setTimeout(50);
  }
}

async function order(cluster: ClusterProcess, node: string, act: string): Promise<Response> {
  return fetch(`${cluster.url}/api/nodes/${node}/${act}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "new disk", by: "anna" }),
  });
}

async function repair(cluster: ClusterProcess, picture: Awaited<ReturnType<typeof pictureOf>>) {
  const response = await fetch(`${cluster.url}/inpaint`, { method: "POST", body: formOf(picture) });
  await response.arrayBuffer();
  assert.equal(response.status, 200);
  return response.headers.get("x-troupe-node") ?? "";
}

test("a paused node gets no tasks until it is resumed, also over a restart of the control node", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 2 });
  const picture = await pictureOf(160);
  const both = await Promise.all(Array.from({ length: 12 }, () => repair(cluster, picture)));
  assert.deepEqual([...new Set(both)].sort(), ["worker-1", "worker-2"]);

  const paused = await order(cluster, "worker-1", "pause");
  assert.equal(paused.status, 200, await paused.clone().text());
  const after = await Promise.all(Array.from({ length: 8 }, () => repair(cluster, picture)));
  assert.deepEqual([...new Set(after)], ["worker-2"]);
  const seen = await until(cluster, "worker-1", ({ status }) => status === "paused");
  assert.deepEqual(
    { kind: seen.hold?.kind, reason: seen.hold?.reason, statusReason: seen.statusReason },
    { kind: "paused", reason: "new disk", statusReason: "new disk" },
  );
  const counted = await until(
    cluster,
    "worker-2",
    ({ statistics }) => (statistics?.completed ?? 0) >= 8,
  );

  await cluster.kill("control");
  const again = await until(
    cluster,
    "worker-1",
    ({ status, load }) => status === "paused" && load !== null,
  );
  assert.equal(again.hold?.reason, "new disk");
  const kept = (await nodesOf(cluster)).get("worker-2")?.statistics?.completed ?? 0;
  assert.ok(kept >= (counted.statistics?.completed ?? 0), String(kept));
  for (;;) {
    const ready = await fetch(`${cluster.url}/readyz`);
    if (ready.status === 200) break;
    await setTimeout(50);
  }
  const later = await Promise.all(Array.from({ length: 6 }, () => repair(cluster, picture)));
  assert.deepEqual([...new Set(later)], ["worker-2"]);

  assert.equal((await order(cluster, "worker-1", "resume")).status, 200);
  const resumed = await Promise.all(Array.from({ length: 12 }, () => repair(cluster, picture)));
  assert.deepEqual([...new Set(resumed)].sort(), ["worker-1", "worker-2"]);
  await until(cluster, "worker-1", ({ status, hold }) => status === "online" && hold === null);
});

test("a frozen node is suspect, then offline, with reasons; when it goes on it is admitted again", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 2 });
  const frozen = cluster.pidOf("worker-1");
  await until(cluster, "worker-1", ({ load }) => load !== null);
  process.kill(frozen, "SIGSTOP");
  const suspect = await until(cluster, "worker-1", ({ status }) => status !== "online");
  const offline = await until(cluster, "worker-1", ({ status }) => status === "offline");
  process.kill(frozen, "SIGCONT");
  assert.match(suspect.statusReason, /no heartbeat for 3 intervals|the node is down/);
  assert.match(offline.statusReason, /no heartbeat for 10 intervals|the node is down/);
  const back = await until(
    cluster,
    "worker-1",
    ({ status, load }) => status === "online" && load !== null,
  );
  assert.ok(back.load && back.load.machineMemoryPercent > 0 && back.load.diskPercent > 0);
  assert.deepEqual(
    back.capabilities.skills.map(({ skill }) => skill),
    ["inpaint"],
  );
});

test("a drained node finishes what it runs, leaves for good, stays listed, and can be removed", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 2 });
  const picture = await pictureOf(640);
  const running = Array.from({ length: 8 }, () => repair(cluster, picture));
  await until(cluster, "worker-1", ({ load }) => load !== null);
  const early = await order(cluster, "worker-1", "remove");
  assert.equal(early.status, 400);
  assert.match(await early.text(), /drain it first/);
  const control = await order(cluster, "control", "drain");
  assert.equal(control.status, 400);
  assert.match(
    await control.text(),
    /holds the directory, the store, the queue and the node registry/,
  );
  assert.equal((await order(cluster, "worker-1", "drain")).status, 200);
  await Promise.all(running);
  await cluster.event((line) => line.kind === "stopped" && line.node === "worker-1");
  const gone = await until(cluster, "worker-1", ({ status }) => status === "offline");
  assert.match(gone.statusReason, /left after its drain: new disk/);
  assert.equal(await repair(cluster, picture), "worker-2");
  assert.equal((await order(cluster, "worker-1", "remove")).status, 200);
  assert.equal((await nodesOf(cluster)).has("worker-1"), false);
  assert.equal((await order(cluster, "worker-1", "pause")).status, 404);
  assert.equal(await cluster.interrupt(), 0);
});

test("a node that stays away is removed and told of, and is admitted anew when it comes back", {
  timeout: 120_000,
}, async (context) => {
  const membership = "{ removeAfterMs: 5000 }";
  const cluster = await ClusterProcess.start(context, { workers: 2, membership });
  const before = await until(cluster, "worker-1", ({ load }) => load !== null);
  const frozen = cluster.pidOf("worker-1");
  process.kill(frozen, "SIGSTOP");
  await cluster.logged((line) => line.includes("worker-1 is removed: offline for 5000 ms"));
  while ((await nodesOf(cluster)).has("worker-1")) await setTimeout(50);
  assert.equal((await nodesOf(cluster)).get("worker-2")?.status, "online");
  const figures = await (await fetch(`${cluster.url}/metrics`)).text();
  assert.match(figures, /^troupe_nodes_removed_total 1$/m);
  process.kill(frozen, "SIGCONT");
  const back = await until(cluster, "worker-1", ({ status }) => status === "online");
  assert.ok(back.incarnation > before.incarnation);
  assert.equal(await cluster.interrupt(), 0);
});

test("a node that is told to restart comes back as another process", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  await until(cluster, "worker-1", ({ load }) => load !== null);
  const former = cluster.pidOf("worker-1");
  assert.equal((await order(cluster, "worker-1", "restart")).status, 200);
  await cluster.event(
    (line) =>
      line.kind === "ready" && line.node === "worker-1" && cluster.pidOf("worker-1") !== former,
  );
  await until(cluster, "worker-1", ({ status, load }) => status === "online" && load !== null);
});
