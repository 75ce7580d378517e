import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskRepository } from "#actors/store/repositories/task-repository.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { startStore } from "./repository-fixture.ts";

const sourceColumns = [
  ...["task_id", "task_type", "name", "description", "required_skills", "optional_skills"],
  ...["status", "priority", "assigned_node", "submitted_at", "scheduled_at", "started_at"],
  ...["completed_at", "parameters", "timeout", "retry_count", "max_retries", "user_id"],
  ...["affinity_tags", "result", "error", "metadata", "created_at"],
];
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const claim = (store: Ref<Store>, skills: readonly string[] = []) =>
  store.claim({ node: "w", incarnation: 1, models: ["lama", "t"], skills, max: 10 });

test("a task comes back in the 23 columns that tools know, from its creation to its end", async (t) => {
  const store = await startStore(t);
  const tasks = new TaskRepository(store);
  const row = await tasks.create({
    task_type: "inpaint",
    name: "first",
    description: "a picture",
    required_skills: '["paint"]',
    optional_skills: '["fast"]',
    affinity_tags: '["gpu"]',
    priority: 1,
    parameters: '{"model":"lama","steps":3}',
    metadata: '{"from":"test"}',
    timeout: 30,
    max_retries: 5,
    user_id: "ann",
  });
  assert.deepEqual(Object.keys(row), sourceColumns);
  assert.equal(row.status, "pending");
  assert.equal(row.timeout, 30);
  assert.equal(row.parameters, '{"model":"lama","steps":3}');
  assert.match(row.submitted_at, isoTime);
  assert.equal(row.created_at, row.submitted_at);
  const [lease] = await claim(store, ["paint"]);
  assert.ok(lease);
  const running = await tasks.get(row.task_id);
  assert.equal(running?.assigned_node, "w");
  assert.match(running?.started_at ?? "", isoTime);
  await store.complete({ lease, result: { figures: { ok: true }, files: [] } });
  const done = await tasks.get(row.task_id);
  assert.equal(done?.status, "completed");
  assert.equal(done?.result, '{"ok":true}');
  assert.match(done?.completed_at ?? "", isoTime);
  assert.equal(await tasks.get("unknown"), null);
});

test("tasks are listed by state, node and user, with the source's words for states, too", async (t) => {
  const store = await startStore(t);
  const tasks = new TaskRepository(store);
  for (let number = 0; number < 450; number++) {
    await store.submit({
      ...{ type: "t", model: "t", parameters: {}, inputs: [] },
      ...{ name: `n${number}`, userId: number % 2 === 0 ? "ann" : "bob" },
    });
  }
  await claim(store);
  assert.equal((await tasks.list_by_status("waiting")).length, 440);
  assert.equal((await tasks.list_by_status("PROCESSING")).length, 10);
  assert.equal((await tasks.list_by_node("w")).length, 10);
  const ofAnn = await tasks.list_by_user("ann");
  assert.equal(ofAnn.length, 225);
  assert.deepEqual([ofAnn[0]?.name, ofAnn.at(-1)?.name], ["n0", "n448"]);
  await assert.rejects(tasks.list_by_status("sleeping"), { code: "invalid" });
  const { total, waiting, running, completed } = await tasks.get_statistics();
  assert.deepEqual([total, waiting, running, completed], [450, 440, 10, 0]);
});

test("pending tasks come in the order in which they would be claimed", async (t) => {
  const store = await startStore(t);
  const tasks = new TaskRepository(store);
  await tasks.create({ task_type: "t", name: "late", priority: 9 });
  await tasks.create({ task_type: "t", name: "other", priority: 5, required_skills: '["x"]' });
  await tasks.create({ task_type: "t", name: "soon", priority: 0 });
  const names = async (limit: number) =>
    (await tasks.get_pending_tasks(limit)).map(({ name }) => name);
  assert.deepEqual(await names(10), ["soon", "other", "late"]);
  assert.deepEqual(await names(1), ["soon"]);
});

test("an update cancels, repeats, or is refused with the columns that it cannot change", async (t) => {
  const store = await startStore(t);
  const tasks = new TaskRepository(store);
  const row = await tasks.create({ task_type: "t", name: "a" });
  assert.deepEqual(await tasks.update(row), row);
  await assert.rejects(tasks.update({ ...row, status: "completed" }), /status of task/);
  await assert.rejects(
    tasks.update({ ...row, name: "b", status: "cancelled" }),
    /change name, status/,
  );
  assert.equal((await tasks.get(row.task_id))?.status, "pending");
  const cancelled = await tasks.update({ task_id: row.task_id, status: "cancelled" });
  assert.equal(cancelled?.status, "cancelled");
  assert.equal(cancelled?.completed_at, null);
  await assert.rejects(tasks.update({ task_id: row.task_id, status: "pending" }), {
    code: "invalid",
  });
  assert.equal(await tasks.update({ task_id: "unknown", status: "cancelled" }), null);
});

test("a deleted task is cancelled and forgotten; one that runs is asked to give up first", async (t) => {
  const store = await startStore(t);
  const tasks = new TaskRepository(store);
  const { task_id: waiting } = await tasks.create({ task_type: "t", name: "a" });
  assert.equal(await tasks.delete(waiting), true);
  assert.equal(await tasks.get(waiting), null);
  assert.equal((await store.result({ taskId: waiting, position: 0 })).kind, "gone");
  assert.equal(await tasks.delete(waiting), false);
  const { task_id: running } = await tasks.create({ task_type: "t", name: "b" });
  const [lease] = await claim(store);
  assert.ok(lease);
  assert.equal(await tasks.delete(running), false);
  assert.equal((await tasks.get(running))?.status, "running");
  const failure = { code: "cancelled", detail: "gave up", class: "cancelled" } as const;
  await store.fail({ lease, failure });
  assert.equal(await tasks.delete(running), true);
  assert.deepEqual(await store.check(), { problems: [] });
});

test("a row that is no task is refused with its column, and stores nothing", async (t) => {
  const store = await startStore(t);
  const tasks = new TaskRepository(store);
  const row = { task_type: "t", name: "a" };
  await assert.rejects(
    tasks.create({ ...row, required_skills: "paint" }),
    /required_skills is no JSON/,
  );
  await assert.rejects(tasks.create({ ...row, affinity_tags: "[1]" }), /affinity_tags is no list/);
  await assert.rejects(tasks.create({ ...row, parameters: "[]" }), /parameters is not an object/);
  await assert.rejects(tasks.create({ ...row, priority: 10 }), { code: "invalid" });
  assert.equal((await tasks.get_statistics()).total, 0);
  await store.setQueue({ queue: "default", pendingMax: 1 });
  await tasks.create(row);
  await assert.rejects(tasks.create(row), { code: "queue_full" });
});
