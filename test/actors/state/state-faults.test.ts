import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import DatabaseSync from "better-sqlite3";
import { ClusterReads } from "#actors/state/cluster-reads.ts";
import { StoreAccess } from "#actors/state/store-access.ts";
import type { SystemFigures } from "#protocols/tasks/state-notices.ts";
import { machine, type StateTerms, stateOn, submission, until } from "./state-fixture.ts";

const damagedAndWhole = async (context: Parameters<typeof stateOn>[0], terms: StateTerms = {}) => {
  const fixture = await stateOn(context, { kept: "on disk", ...terms });
  const { folder, state } = fixture;
  const { taskId: damaged } = await state.addTask(submission({ parameters: { prompt: "aaa" } }));
  const { taskId: whole } = await state.addTask(submission());
  const database = new DatabaseSync(join(folder, "tasks.sqlite"));
  database
    .prepare('UPDATE tasks SET parameters = \'{"prompt":"ccc"}\' WHERE task_id = ?')
    .run(damaged);
  database.close();
  await fixture.system.stopActor(fixture.storeActor);
  await fixture.openStore();
  await until(async () => (await state.statistics()).storeTrouble === null);
  return { ...fixture, damaged, whole };
};

test("a damaged row takes away nothing but itself: pages, snapshots and batches have the others", async (t) => {
  const { state, damaged, whole } = await damagedAndWhole(t);
  const [first, second] = await state.tasks({ taskIds: [damaged, whole], maxAgeMs: 0 });
  assert.ok(first && "kind" in first && first.kind === "failed" && first.code === "corrupt");
  assert.ok(second && "value" in second && second.value?.taskId === whole);
  const listed = await state.listTasks({ limit: 10 });
  assert.deepEqual(
    listed.tasks.map(({ taskId }) => taskId),
    [whole],
  );
  const page = await state.listTasks({ limit: 1 });
  assert.deepEqual(page.tasks, []);
  assert.ok(page.next !== null);
  const behind = await state.listTasks({ limit: 1, cursor: page.next });
  assert.equal(behind.tasks[0]?.taskId, whole);
  const { tasks } = await state.snapshot();
  assert.deepEqual(
    tasks.map(({ taskId }) => taskId),
    [whole],
  );
});

test("progress goes on for everybody beside a task whose row is damaged; a second follower is told what is known", async (t) => {
  const { state, store, listener } = await stateOn(t);
  const { taskId } = await state.addTask(submission());
  const request = { node: "n", incarnation: 1, queues: ["default"], models: ["diffuse"], max: 1 };
  const [claimed] = await store.claim(request);
  assert.ok(claimed);
  const { fence, epoch } = claimed;
  const report = { lease: { taskId, fence, epoch }, message: null, progress: 0.25 };
  await store.progress(report);
  const [first, second] = [listener(), listener()];
  const channel = `task:${taskId}`;
  await state.subscribe({ subscriber: first, channels: [channel] });
  const long = state.subscribe({ subscriber: second, channels: [`task:${"x".repeat(65)}`] });
  await assert.rejects(long, { code: "invalid" });
  assert.equal((await first.heard(1))[0]?.kind, "progress");
  await state.subscribe({ subscriber: second, channels: [channel] });
  const [told] = await second.heard(1);
  assert.ok(told?.kind === "progress" && told.progress === 0.25);
});

test("a version that a reader has seen is asked for also while the store is away", async (t) => {
  const { state, storeActor, system } = await stateOn(t, { kept: "on disk" });
  const { taskId } = await state.addTask(submission());
  await state.task({ taskId });
  await system.stopActor(storeActor);
  await assert.rejects(state.task({ taskId, versionMin: 7 }), { isRetryable: true });
});

test("who subscribes again to what it follows loses nothing that waits", async (t) => {
  const { state, listener } = await stateOn(t);
  const subscriber = listener();
  await state.subscribe({ subscriber, channels: ["system"] });
  subscriber.stall();
  for (const message of ["1", "2", "3"]) await state.broadcast({ message, severity: "info" });
  const { heads } = await state.subscribe({ subscriber, channels: ["system", "room:x"] });
  assert.deepEqual(
    heads.map(({ channel }) => channel),
    ["system", "room:x"],
  );
  subscriber.recover();
  await state.broadcast({ message: "4", severity: "info" });
  await until(async () => {
    const events = (await subscriber.heard(0)).filter(({ kind }) => kind === "event");
    return events.length >= 4;
  });
  const seqs = (await subscriber.heard(0)).flatMap((told) =>
    told.kind === "event" ? [told.seq] : [],
  );
  assert.deepEqual(seqs, [1, 2, 3, 4]);
});

test("a user whose id has a blank is refused wherever one is named; so is a subscription to nothing", async (t) => {
  const { state, store, listener } = await stateOn(t);
  const userId = "anna lee";
  const notice = { userId, message: "m", severity: "info" } as const;
  await assert.rejects(state.notifyUser(notice), { code: "invalid" });
  await assert.rejects(state.addTask(submission({ userId })), { code: "invalid" });
  const subscriber = listener();
  await assert.rejects(state.subscribe({ subscriber, channels: [] }), { code: "invalid" });
  const odd = { channel: "system:foo", afterSeq: 0, limit: 1 };
  await assert.rejects(store.readEvents(odd), { code: "invalid" });
  assert.equal((await state.statistics()).subscriptions.subscribers, 0);
});

test("a node that comes back while it is removed stays", async (t) => {
  const { state, store } = await stateOn(t);
  await store.registerNode({ node: "w1", ...machine });
  const seen = await store.node("w1");
  assert.ok(seen);
  await store.registerNode({ node: "w1", leaseMs: 60_000, ...machine });
  const removed = await store.removeNode("w1", { version: seen.version });
  assert.equal(removed.kind, "stale");
  assert.equal((await state.removeNode("w1")).kind, "alive");
});

test("figures that cannot be read anew say of when they are", async (t) => {
  const { store } = await stateOn(t);
  let nowMs = 1_000;
  const access = new StoreAccess();
  access.found(store, { epoch: "a", ack: "accepted", eventId: 0, asOf: 0 });
  const reads = new ClusterReads({ access, wall: () => nowMs, count: () => {} });
  assert.deepEqual(pick((await reads.figures()).figures), { at: 1_000, isStale: false });
  access.leave("it is away");
  nowMs = 60_000;
  assert.deepEqual(pick((await reads.figures()).figures), { at: 1_000, isStale: true });
});

const pick = ({ at, isStale }: SystemFigures) => ({ at, isStale });
