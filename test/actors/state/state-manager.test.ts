import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SqliteStoreFixture } from "../store/sqlite/sqlite-store-fixture.ts";
import { eventsOf, followed, stateOn, submission, until } from "./state-fixture.ts";

test("a task is read from the store once, then from memory, and anew after it has changed", async (t) => {
  const { state, store } = await stateOn(t);
  const { taskId } = await state.addTask(submission({ name: "first" }));
  const first = await state.task({ taskId });
  assert.deepEqual([first.source, first.value?.name, first.version], ["store", "first", 1]);
  const second = await state.task({ taskId });
  assert.deepEqual([second.source, second.isStale], ["cache", false]);
  assert.ok(second.asOf >= first.asOf);
  await store.amendTask({ taskId, version: 1, changes: { name: "second" } });
  await until(async () => (await state.task({ taskId })).version === 2);
  assert.equal((await state.task({ taskId, maxAgeMs: 0 })).source, "store");
});

test("a reader that has seen a version never gets an older one from memory", async (t) => {
  const { state, store } = await stateOn(t);
  const { taskId } = await state.addTask(submission());
  await state.task({ taskId });
  await store.amendTask({ taskId, version: 1, changes: { name: "new" } });
  const seen = await state.task({ taskId, versionMin: 2 });
  assert.deepEqual([seen.version, seen.value?.name], [2, "new"]);
});

test("what is changed through the state is seen by the next reader", async (t) => {
  const { state } = await stateOn(t);
  const { taskId } = await state.addTask(submission());
  for (let version = 1; version < 20; version += 1) {
    await state.task({ taskId });
    const saved = await state.updateTask({ taskId, version, changes: { name: `n${version}` } });
    assert.equal(saved.kind, "saved");
    assert.equal((await state.task({ taskId })).value?.name, `n${version}`);
  }
});

test("a write with an old version changes nothing and tells the present one", async (t) => {
  const { state } = await stateOn(t, { kept: "on disk" });
  const { taskId } = await state.addTask(submission());
  const results = await state.updateTasks([
    { taskId, version: 1, changes: { name: "one" } },
    { taskId, version: 1, changes: { name: "two" } },
    { taskId: "nobody", version: 1, changes: {} },
  ]);
  assert.deepEqual(
    results.map((result) => (result.kind === "stale" ? ["stale", result.version] : [result.kind])),
    [["saved"], ["stale", 2], ["not_found"]],
  );
  assert.equal((await state.task({ taskId, maxAgeMs: 0 })).value?.name, "one");
});

test("bad requests are refused with what is wrong, and change nothing", async (t) => {
  const { state } = await stateOn(t);
  const ids = Array.from({ length: 257 }, (_, at) => `t${at}`);
  await assert.rejects(state.tasks({ taskIds: ids }), { code: "invalid" });
  const { taskId } = await state.addTask(submission());
  const moved = { name: "x", status: "completed" };
  const wrong = { taskId, version: 1, changes: moved };
  await assert.rejects(state.updateTask(wrong), { code: "invalid" });
  const own = { channel: "queue:default", type: "x", payload: {} };
  await assert.rejects(state.announce(own), { code: "invalid" });
  await assert.rejects(state.announce({ ...own, channel: "nothing" }), { code: "invalid" });
  await assert.rejects(state.snapshotPage({ snapshotId: "gone", from: 0 }), { code: "not_found" });
  assert.equal((await state.task({ taskId, maxAgeMs: 0 })).version, 1);
});

test("while the store is away memory answers, and says that it may be old", async (t) => {
  const { state, storeActor, system, openStore } = await stateOn(t, { kept: "on disk" });
  const { taskId } = await state.addTask(submission());
  await state.task({ taskId });
  await state.nodes({});
  await system.stopActor(storeActor);
  await until(async () => (await state.task({ taskId, maxAgeMs: 1 })).isStale);
  const stale = await state.nodes({ maxAgeMs: 1 });
  assert.equal(stale.isStale, true);
  await assert.rejects(state.task({ taskId, maxAgeMs: 0 }), { code: "unavailable" });
  await assert.rejects(state.task({ taskId: "other" }), { code: "unavailable" });
  assert.notEqual((await state.statistics()).storeTrouble, null);
  await openStore();
  await followed(state);
  assert.equal((await state.task({ taskId, maxAgeMs: 0 })).isStale, false);
});

test("subscribers hear the events of their channels, dense and once", async (t) => {
  const { state, listener } = await stateOn(t);
  const anna = listener();
  const { heads } = await state.subscribe({ subscriber: anna, channels: ["user:anna", "system"] });
  assert.deepEqual(
    heads.map(({ channel }) => channel),
    ["user:anna", "system"],
  );
  const [own] = heads;
  for (let at = 0; at < 30; at += 1) await state.addTask(submission({ userId: "anna" }));
  await state.broadcast({ message: "soon", severity: "warning" });
  const notices = await anna.heard(31);
  const expected = Array.from({ length: 30 }, (_, at) => (own?.head ?? 0) + at + 1);
  assert.deepEqual(eventsOf(notices, "user:anna"), expected);
  assert.equal(eventsOf(notices, "system").length, 1);
});

test("who resumes hears what it missed, then what follows, without gap or double", async (t) => {
  const { state, listener } = await stateOn(t);
  const one = listener();
  const { epoch } = await state.subscribe({ subscriber: one, channels: ["room:den"] });
  const say = (text: string) =>
    state.announce({ channel: "room:den", type: "said", payload: { text } });
  for (let at = 1; at <= 10; at += 1) await say(`${at}`);
  await one.heard(10);
  const two = listener();
  const late: Promise<unknown>[] = [];
  for (let at = 11; at <= 60; at += 1) late.push(say(`${at}`));
  const resumed = await state.resume({ subscriber: two, channel: "room:den", epoch, after: 4 });
  assert.equal(resumed.kind, "recovered");
  await Promise.all(late);
  const heard = eventsOf(await two.heard(56), "room:den");
  assert.deepEqual(
    heard,
    Array.from({ length: 56 }, (_, at) => at + 5),
  );
});

test("who cannot resume is told why, and begins with a snapshot", async (t) => {
  const { state, listener } = await stateOn(t);
  const { taskId } = await state.addTask(submission({ userId: "anna" }));
  const channel = `task:${taskId}`;
  const { epoch } = await state.subscribe({ subscriber: listener(), channels: [channel] });
  const two = listener();
  const other = await state.resume({ subscriber: two, channel, epoch: "former", after: 0 });
  assert.ok(other.kind === "snapshot" && other.reason === "epoch");
  assert.deepEqual([other.head, other.snapshot.kind], [1, "task"]);
  const ahead = await state.resume({ subscriber: two, channel, epoch, after: 99 });
  assert.ok(ahead.kind === "snapshot" && ahead.reason === "epoch");
  for (let at = 0; at < 9; at += 1) {
    await state.announce({ channel: "room:r", type: "said", payload: { at } });
  }
  const much = { subscriber: two, channel: "room:r", epoch, after: 0, limit: 5 };
  const limited = await state.resume(much);
  assert.ok(limited.kind === "snapshot" && limited.reason === "limit" && limited.head === 9);
  const version = (await state.task({ taskId })).version ?? 0;
  await state.updateTask({ taskId, version, changes: { name: "x" } });
  assert.deepEqual(eventsOf(await two.heard(1), channel), [2]);
});

test("a subscriber that does not keep up gets a gap, and loses nothing when it resumes", async (t) => {
  const { state, listener } = await stateOn(t);
  const slow = listener();
  const channel = "room:busy";
  const { epoch } = await state.subscribe({ subscriber: slow, channels: [channel] });
  slow.stall();
  const said = (from: number) =>
    Promise.all(
      Array.from({ length: 500 }, (_, at) =>
        state.announce({ channel, type: "said", payload: { at: from + at } }),
      ),
    );
  for (let from = 0; from < 3_000; from += 500) await said(from);
  await until(async () => (await state.statistics()).subscriptions.gapsTotal > 0);
  slow.recover();
  let notices = await slow.heard(1);
  await until(async () => {
    notices = await slow.heard(1);
    return notices.some(({ kind }) => kind === "gap");
  });
  const told = eventsOf(notices, channel);
  assert.deepEqual(
    told,
    Array.from({ length: told.length }, (_, at) => at + 1),
  );
  const gap = notices.find(({ kind }) => kind === "gap");
  assert.deepEqual(gap, { kind: "gap", channel, reason: "slow", after: told.length });
  const answer = await state.resume({ subscriber: slow, channel, epoch, after: told.length });
  assert.ok(answer.kind === "snapshot" && answer.head === 3_000);
  await state.announce({ channel, type: "said", payload: {} });
  await until(async () => eventsOf(await slow.heard(1), channel).at(-1) === 3_001);
});

test("the subscriptions of a subscriber that has ended are gone", async (t) => {
  const { state, listener, system } = await stateOn(t);
  const gone = listener();
  await state.subscribe({ subscriber: gone, channels: ["system", "room:a"] });
  await system.stopActor(gone);
  await until(async () => (await state.statistics()).subscriptions.channels === 0);
  assert.equal((await state.statistics()).subscriptions.subscribers, 0);
});

test("the end of a StateManager is told, and the next goes on with the same numbers", async (t) => {
  const { state, stateActor, listener, system, openState } = await stateOn(t, { kept: "on disk" });
  const anna = listener();
  const channel = "room:den";
  const { epoch } = await state.subscribe({ subscriber: anna, channels: [channel] });
  const say = (to: typeof state) => to.announce({ channel, type: "said", payload: {} });
  await say(state);
  await anna.heard(1);
  await system.stopActor(stateActor);
  assert.equal((await anna.lapses(1)).length, 1);
  const { state: next } = await openState();
  await followed(next);
  await say(next);
  const answer = await next.resume({ subscriber: anna, channel, epoch, after: 1 });
  assert.deepEqual([answer.kind, answer.head], ["recovered", 2]);
  assert.deepEqual(eventsOf(await anna.heard(2), channel), [1, 2]);
});

test("another store under the same name gives every channel a gap of another epoch", async (t) => {
  const { state, storeActor, listener, system, openStore } = await stateOn(t, { kept: "on disk" });
  const anna = listener();
  const { epoch } = await state.subscribe({ subscriber: anna, channels: ["room:den"] });
  const { taskId } = await state.addTask(submission());
  await state.task({ taskId });
  await system.stopActor(storeActor);
  await openStore("another");
  const [gap] = await anna.heard(1);
  assert.ok(gap?.kind === "gap" && gap.reason === "epoch");
  assert.equal((await state.task({ taskId })).value, null);
  const after = 0;
  const answer = await state.resume({ subscriber: anna, channel: "room:den", epoch, after });
  assert.ok(answer.kind === "snapshot" && answer.reason === "epoch");
});

test("a store that was restarted goes on with the same numbers", async (t) => {
  const { state, storeActor, listener, system, openStore } = await stateOn(t, { kept: "on disk" });
  const anna = listener();
  const channel = "room:den";
  await state.subscribe({ subscriber: anna, channels: [channel] });
  await state.announce({ channel, type: "said", payload: {} });
  await anna.heard(1);
  await system.stopActor(storeActor);
  await openStore();
  await followed(state);
  await state.announce({ channel, type: "said", payload: {} });
  assert.deepEqual(eventsOf(await anna.heard(2), channel), [1, 2]);
});

test("what a store forgot before anybody saw it is a gap in every channel, and nothing cached stays", async (t) => {
  const opened = await stateOn(t, { kept: "on disk" });
  const { folder, state, storeActor, listener, system, openStore } = opened;
  const anna = listener();
  const channel = "room:den";
  const { epoch } = await state.subscribe({ subscriber: anna, channels: [channel] });
  const { taskId } = await state.addTask(submission());
  await state.task({ taskId });
  await system.stopActor(storeActor);
  forgetUnseen(join(folder, "tasks.sqlite"), channel);
  await openStore();
  const [gap] = await anna.heard(1);
  assert.ok(gap?.kind === "gap" && gap.reason === "trimmed");
  const answer = await state.resume({ subscriber: anna, channel, epoch, after: 0 });
  assert.deepEqual([answer.kind, answer.kind === "snapshot" && answer.head], ["snapshot", 1]);
  assert.equal((await state.task({ taskId })).source, "store");
  await state.announce({ channel, type: "said", payload: {} });
  const told = await anna.heard(2);
  assert.deepEqual(eventsOf(told, channel), [2]);
  assert.equal(told.filter(({ kind }) => kind === "gap").length, 1, "told once");
});

/** An event comes, and a jump of the clock later it is not kept any more. */
function forgetUnseen(path: string, channel: string): void {
  const store = new SqliteStoreFixture(path, {});
  store.nowMs = Date.now();
  const event = { channel, type: "said", taskId: null, payload: {} };
  store.do({ method: "appendEvents", args: [[event]] });
  store.nowMs += 2 * 3_600_000;
  store.sweep();
  store.store.close();
}
