import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { StoreActor } from "#actors/store/store-actor.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { TaskStore } from "#protocols/tasks/store.ts";
import { TaskRecords } from "#protocols/tasks/task-records.ts";
import { startSystem } from "#runtime/start-system.ts";

async function startNode(t: TestContext) {
  const started = await startSystem({
    node: { name: "data", incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "data",
    peers: new Map(),
    protocols: [],
    log: { write: () => {} },
  });
  t.after(() => started.system.stop());
  return started.system;
}

test("one store answers for tasks and for all else, whichever half it is asked by", async (t) => {
  const system = await startNode(t);
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const tasks = await system.lookup(TaskStore, "store", 5_000);
  const store = await system.lookup(Store, "store", 5_000);
  const task = await tasks.submit({ type: "t", model: "m", parameters: {}, inputs: [] });
  assert.equal(task.kind, "created");
  const terms = { hostname: "box", platform: "linux", arch: "x64", leaseMs: 1_000 };
  const registered = await store.registerNode({ node: "worker", ...terms });
  assert.equal(registered.kind, "saved");
  assert.deepEqual(
    (await store.onlineNodes(10)).map(({ node }) => node),
    ["worker"],
  );
  assert.equal((await store.counts()).pending, 1);
  await assert.rejects(async () => store.registerNode({ node: "no name", ...terms }), {
    code: "invalid",
  });
  assert.equal((await store.info()).kind, "memory");
});

test("another node that knows only the tasks asks the same store, and one that knows all, for all", async (t) => {
  const data = await startSystem({
    node: { name: "data", incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "data",
    peers: new Map(),
    protocols: [],
    log: { write: () => {} },
  });
  t.after(() => data.system.stop());
  data.system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const other = async (name: string, protocols: readonly Protocol<unknown>[]) => {
    const started = await startSystem({
      node: { name, incarnation: 1 },
      bind: "tcp://127.0.0.1:*",
      director: "data",
      peers: new Map([["data", data.address]]),
      protocols,
      log: { write: () => {} },
    });
    t.after(() => started.system.stop());
    return started.system;
  };
  const half = await other("half", [TaskStore]);
  const tasks = await half.lookup(TaskStore, "store", 5_000);
  assert.equal((await tasks.counts()).pending, 0);
  const whole = await other("whole", [Store]);
  const store = await whole.lookup(Store, "store", 5_000);
  const again = await whole.lookup(TaskStore, "store", 5_000);
  assert.equal((await again.counts()).pending, 0);
  const terms = { hostname: "box", platform: "linux", arch: "x64", leaseMs: 1_000 };
  assert.equal((await store.registerNode({ node: "worker", ...terms })).kind, "saved");
  await assert.rejects(async () => store.registerNode({ node: "no name", ...terms }), {
    code: "invalid",
  });
});

test("no message of one part has the name of one of another", () => {
  const parts = [TaskStore, TaskRecords, ClusterRecords].map(({ methods }) => methods.size);
  assert.equal(
    Store.methods.size,
    parts.reduce((sum, size) => sum + size),
  );
});
