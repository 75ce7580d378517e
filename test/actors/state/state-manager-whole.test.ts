// What comes and goes through the state, and what it tells of the whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { machine, stateOn, submission, until } from "./state-fixture.ts";

test("nodes are added, changed by version, found by skill, and removed when they are not heard", async (t) => {
  const { state, listener } = await stateOn(t);
  const anna = listener();
  await state.subscribe({ subscriber: anna, channels: ["node:w1"] });
  const skills = [{ skill: "inpaint", level: 1, verifiedAt: null }];
  const added = await state.addNode({ node: "w1", leaseMs: 60_000, skills, ...machine });
  assert.equal(added.kind, "saved");
  await anna.heard(1);
  await until(async () => (await state.onlineNodes({})).value.length === 1);
  assert.equal((await state.nodes({ skill: "inpaint" })).value.length, 1);
  assert.equal((await state.nodes({ skill: "other" })).value.length, 0);
  const { version } = await state.node({ node: "w1" });
  const change = { node: "w1", version: version ?? 0, changes: { tags: ["fast"] } };
  assert.equal((await state.updateNode(change)).kind, "saved");
  assert.equal((await state.updateNode(change)).kind, "stale");
  assert.deepEqual(await state.removeNode("w1"), { kind: "alive", status: "online" });
  await state.addNode({ node: "w2", ...machine });
  assert.deepEqual(await state.removeNode("w2"), { kind: "removed" });
  assert.deepEqual(await state.removeNode("w2"), { kind: "not_found" });
});

test("a task that is removed is cancelled and forgotten", async (t) => {
  const { state } = await stateOn(t);
  const { taskId } = await state.addTask(submission());
  assert.deepEqual(await state.removeTask({ taskId, reason: "not wanted" }), { kind: "removed" });
  assert.equal((await state.task({ taskId })).value, null);
  const again = await state.removeTask({ taskId, reason: "not wanted" });
  assert.deepEqual(again, { kind: "not_found" });
});

test("how far a running task is comes to those who follow it", async (t) => {
  const { state, store, listener } = await stateOn(t);
  const { taskId } = await state.addTask(submission());
  const anna = listener();
  await state.subscribe({ subscriber: anna, channels: [`task:${taskId}`] });
  const claim = { node: "w", incarnation: 1, models: ["diffuse"], max: 1 };
  const [lease] = await store.claim(claim);
  assert.ok(lease);
  const { fence, epoch } = lease;
  await store.progress({ lease: { taskId, fence, epoch }, progress: 0.4, message: "half" });
  const notices = await anna.heard(2);
  const progress = notices.find(({ kind }) => kind === "progress");
  assert.ok(progress?.kind === "progress" && progress.progress === 0.4);
});

test("figures are sampled into the history and read back", async (t) => {
  const { state } = await stateOn(t);
  await state.addTask(submission());
  await state.addNode({ node: "w1", leaseMs: 60_000, ...machine });
  assert.equal((await state.snapshot()).figures.tasks.pending, 1);
  const request = {
    ...({ name: "system.tasks", labels: 'status="pending"', stepMs: 10_000 } as const),
    ...{ from: 0, to: Date.now() + 60_000, limit: 10 },
  };
  await until(async () => (await state.history(request)).length > 0);
  const [bucket] = await state.history(request);
  assert.ok(bucket && bucket.count >= 1);
  const figures = await state.figures();
  assert.ok(Object.hasOwn(figures.nodes, "online") && figures.at <= Date.now());
});

test("sync says what is durable, refresh forgets and reads anew", async (t) => {
  const { state } = await stateOn(t, { kept: "on disk" });
  const { taskId } = await state.addTask(submission());
  await state.task({ taskId });
  const synced = await state.sync();
  assert.deepEqual([synced.ack, synced.isMirrored], ["durable", null]);
  assert.ok(synced.eventId > 0);
  const refreshed = await state.refresh();
  assert.ok(refreshed.dropped >= 1 && refreshed.queues === 1);
  assert.equal((await state.task({ taskId })).source, "store");
});
