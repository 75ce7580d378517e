import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeRepository } from "#actors/store/repositories/node-repository.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { startStore } from "./repository-fixture.ts";

const sourceColumns = [
  ...["node_id", "hostname", "platform", "arch", "status", "cpu_usage", "memory_usage"],
  ...["disk_usage", "available_skills", "max_concurrent_tasks", "running_tasks", "ip_address"],
  ...["tailscale_ip", "port", "total_tasks_processed", "successful_tasks", "failed_tasks"],
  ...["average_execution_time", "registered_at", "last_heartbeat", "tags"],
];
const box = { hostname: "box", platform: "linux", arch: "x64" } as const;

const repository = (store: Ref<Store>, aheadMs = 0): NodeRepository =>
  new NodeRepository({ store, nowMs: () => Date.now() + aheadMs, leaseMs: 60_000 });

test("a node comes back in the 21 columns that tools know", async (t) => {
  const nodes = repository(await startStore(t));
  const row = await nodes.create({
    ...{ node_id: "a", ...box, available_skills: '["paint","erase"]', tags: '["gpu"]' },
    ...{ ip_address: "127.0.0.1", tailscale_ip: "100.64.0.1", port: 5555 },
    max_concurrent_tasks: 2,
  });
  assert.deepEqual(Object.keys(row), sourceColumns);
  assert.equal(row.status, "registering");
  assert.equal(row.available_skills, '["erase","paint"]');
  assert.equal(row.tags, '["gpu"]');
  assert.match(row.registered_at, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(await nodes.get("a"), row);
  assert.equal(await nodes.get("b"), null);
});

test("a heartbeat brings a node online with its figures; it is available while it has room", async (t) => {
  const nodes = repository(await startStore(t));
  await nodes.create({ node_id: "a", ...box, max_concurrent_tasks: 1 });
  assert.deepEqual(await nodes.get_available_nodes(), []);
  assert.equal(await nodes.update_heartbeat("a", { cpu_usage: 12.5, disk_usage: 80 }), true);
  assert.equal(await nodes.update_heartbeat("a", { memory_usage: 40 }), true);
  const [row] = await nodes.get_available_nodes();
  assert.deepEqual([row?.cpu_usage, row?.memory_usage, row?.disk_usage], [12.5, 40, 80]);
  await nodes.update_heartbeat("a", { running_tasks: 1 });
  assert.deepEqual(await nodes.get_available_nodes(), []);
  assert.equal((await nodes.get_online_nodes())[0]?.status, "busy");
  assert.equal(await nodes.update_heartbeat("unknown"), false);
});

test("an update changes what a node says of itself and where it stands, or nothing at all", async (t) => {
  const nodes = repository(await startStore(t));
  await nodes.create({ node_id: "a", ...box });
  await nodes.update_heartbeat("a");
  const updated = await nodes.update({
    ...{ node_id: "a", port: 7, available_skills: '["paint"]', status: "draining" },
  });
  assert.deepEqual([updated?.port, updated?.status, updated?.hostname], [7, "draining", "box"]);
  const asItIs = await nodes.get("a");
  await assert.rejects(nodes.update({ node_id: "a", port: 8, tags: "gpu" }), /tags is no JSON/);
  await assert.rejects(nodes.update({ node_id: "a", port: 70_000, status: "online" }), {
    code: "invalid",
  });
  await assert.rejects(
    nodes.update({ node_id: "a", port: 8, status: "registering" }),
    /cannot be put/,
  );
  await assert.rejects(
    nodes.update({ node_id: "a", port: 8, status: "tired" }),
    /no state of a node/,
  );
  assert.deepEqual(await nodes.get("a"), asItIs);
  assert.equal(await nodes.update({ node_id: "unknown", port: 1 }), null);
});

test("a status is set where it can go, whatever its letters' case", async (t) => {
  const nodes = repository(await startStore(t));
  await nodes.create({ node_id: "a", ...box });
  assert.equal((await nodes.update_status("a", "ONLINE"))?.status, "online");
  assert.equal((await nodes.update_status("a", "offline"))?.status, "offline");
  await assert.rejects(nodes.update_status("a", "paused"), { code: "invalid" });
  assert.equal(await nodes.update_status("unknown", "online"), null);
});

test("nodes are found by skill, by silence, and all of them; a deleted one is not", async (t) => {
  const store = await startStore(t);
  const nodes = repository(store);
  for (const node_id of ["b", "a", "c"]) {
    await nodes.create({ node_id, ...box, available_skills: `["paint","of-${node_id}"]` });
  }
  const ids = (rows: readonly { readonly node_id: string }[]) => rows.map((row) => row.node_id);
  assert.deepEqual(ids(await nodes.get_all_nodes()), ["a", "b", "c"]);
  assert.deepEqual(ids(await nodes.find_by_skill("of-b")), ["b"]);
  assert.deepEqual(await nodes.find_unresponsive_nodes(30), []);
  const later = repository(store, 60_000);
  assert.equal((await later.find_unresponsive_nodes(30)).length, 3);
  assert.equal(await nodes.delete("b"), true);
  assert.equal(await nodes.delete("b"), false);
  assert.deepEqual(ids(await nodes.find_by_skill("paint")), ["a", "c"]);
  assert.deepEqual(ids(await nodes.get_all_nodes()), ["a", "c"]);
});
