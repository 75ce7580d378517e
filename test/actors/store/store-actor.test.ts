import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { StoreActor } from "#actors/store/store-actor.ts";
import { TaskStore } from "#protocols/tasks/store.ts";
import type { Log } from "#runtime/core/ports.ts";
import { startSystem } from "#runtime/start-system.ts";
import { file, submission } from "./submissions.ts";

async function startNode(t: TestContext, write: Log["write"] = () => {}) {
  const started = await startSystem({
    node: { name: "data", incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "data",
    peers: new Map(),
    protocols: [],
    log: { write },
  });
  t.after(() => started.system.stop());
  return started.system;
}

test("who runs a store that loses what it acknowledged is warned of it, nobody else", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const warnings: string[] = [];
  const system = await startNode(t, (level, _path, text) => {
    if (level === "warn") warnings.push(text);
  });
  const store = system.spawn(StoreActor, { kind: "memory" }, { name: "in-memory" });
  await system.started(store);
  assert.match(warnings.join(), /^tasks are acknowledged as accepted: .* docs\/durability\.md/);
  await system.stopActor(store);
  const place = { kind: "sqlite", path: join(folder, "tasks.sqlite") } as const;
  await system.started(system.spawn(StoreActor, place, { name: "on-disk" }));
  assert.equal(warnings.length, 1);
});

test("the store is found by its name and takes a task from submission to outcome", async (t) => {
  const system = await startNode(t);
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const store = await system.lookup(TaskStore, "store", 5_000);
  const inputs = [file("image", 100_000)];
  const submitted = await store.submit(submission({ inputs }));
  assert.equal(submitted.kind, "created");
  const request = { node: "w", incarnation: 1, models: ["m"], max: 1, leaseMs: 60_000 };
  const [lease] = await store.claim(request);
  assert.ok(lease);
  const result = { figures: {}, files: lease.inputs };
  assert.equal((await store.complete({ lease, result })).kind, "committed");
  const outcome = await store.outcome(lease.taskId);
  assert.ok(outcome?.status === "completed");
  assert.deepEqual(outcome.result.files, inputs);
});

test("a refused request does not crash the store", async (t) => {
  const system = await startNode(t);
  const store = system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const first = await store.submit(submission());
  await assert.rejects(async () => store.submit(submission({ priority: 10 })), { code: "invalid" });
  await assert.rejects(async () => store.sweep(0), { code: "invalid" });
  assert.equal(first.kind, "created");
  assert.equal((await store.counts()).pending, 1);
});

test("when its thread dies the store restarts with all that it acknowledged", async (t) => {
  const system = await startNode(t);
  const folder = mkdtempSync(join(tmpdir(), "troupe-store-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const started = once(process, "worker");
  const place = { kind: "sqlite", path: join(folder, "tasks.db") } as const;
  const store = system.spawn(StoreActor, place, { name: "store" }).$.with({ within: 30_000 });
  await store.submit(submission());
  const [worker]: Worker[] = await started;
  const restarted = once(process, "worker");
  await worker?.terminate();
  await restarted;
  assert.equal((await store.counts()).pending, 1);
  assert.equal((await store.submit(submission())).kind, "created");
});
