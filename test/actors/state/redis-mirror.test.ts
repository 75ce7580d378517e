import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Redis } from "ioredis";
import type { MirrorTerms } from "#actors/state/state-messages.ts";
import { RedisProcess } from "../../runtime/cluster/directory/redis-process.ts";
import { SqliteStoreFixture } from "../store/sqlite/sqlite-store-fixture.ts";
import { machine, stateOn, submission, until } from "./state-fixture.ts";

let server: RedisProcess;
let client: Redis;
before(async () => {
  server = await RedisProcess.start({ appendonly: "no" });
  client = new Redis({ port: server.port, replyMapping: "legacy", retryStrategy: () => 50 });
  client.on("error", () => {});
});
after(async () => {
  client.disconnect();
  await server.end();
});

const mirrorOf = (namespace: string): MirrorTerms => ({
  place: { kind: "server", options: { host: "127.0.0.1", port: server.port } },
  server: `redis://127.0.0.1:${server.port}`,
  namespace,
});
const keyOf = (namespace: string, rest: string): string => `{troupe:${namespace}:state}:${rest}`;
type State = Awaited<ReturnType<typeof stateOn>>["state"];
const mirrorIs = (state: State, kind: string): Promise<void> =>
  until(async () => (await state.statistics()).mirror.kind === kind);

test("the mirror has tasks, nodes, queues and counts, and follows them", async (t) => {
  const { state } = await stateOn(t, { mirror: mirrorOf("follows") });
  const { taskId } = await state.addTask(submission({ name: "bridge" }));
  await state.addNode({ node: "w1", leaseMs: 60_000, ...machine });
  await mirrorIs(state, "following");
  const synced = await state.sync();
  assert.equal(synced.isMirrored, true);
  const key = keyOf("follows", `task:${taskId}`);
  assert.equal((await client.hgetall(key)).name, "bridge");
  await state.updateTask({ taskId, version: 1, changes: { name: "river" } });
  assert.equal((await state.sync()).isMirrored, true);
  const stored = await client.hgetall(key);
  assert.deepEqual([stored.name, stored.version, stored.status], ["river", "2", "pending"]);
  await until(async () => (await client.hget(keyOf("follows", "node:w1"), "status")) === "online");
  await until(async () => (await client.hget(keyOf("follows", "counts"), "pending")) === "1");
  assert.deepEqual(await client.zrange(keyOf("follows", "queues"), "0", "-1"), ["default"]);
  await state.removeTask({ taskId, reason: "test" });
  await state.sync();
  assert.notEqual(await client.hget(key, "status"), "pending");
  assert.deepEqual(await client.zrange(keyOf("follows", "tasks"), "0", "-1"), []);
});

test("what the store forgot before it was copied makes the copy anew", async (t) => {
  const terms = { mirror: mirrorOf("forgotten"), kept: "on disk" } as const;
  const { folder, state, storeActor, system, openStore } = await stateOn(t, terms);
  const { taskId } = await state.addTask(submission({ name: "bridge" }));
  await mirrorIs(state, "following");
  await state.sync();
  await system.stopActor(storeActor);
  const store = new SqliteStoreFixture(join(folder, "tasks.sqlite"), {});
  store.nowMs = Date.now();
  const change = { taskId, version: 1, changes: { name: "river" } };
  assert.equal(store.do({ method: "amendTask", args: [change] }).kind, "saved");
  store.nowMs += 2 * 3_600_000;
  store.sweep();
  store.store.close();
  await openStore();
  const key = keyOf("forgotten", `task:${taskId}`);
  await until(async () => (await client.hget(key, "name")) === "river");
});

test("an ended task stays for a while with how it ended, and is forgotten then", async (t) => {
  const { state, store } = await stateOn(t, { mirror: mirrorOf("ended") });
  const { taskId } = await state.addTask(submission());
  await mirrorIs(state, "following");
  await store.cancel({ taskId, reason: "test" });
  await state.sync();
  const key = keyOf("ended", `task:${taskId}`);
  assert.equal(await client.hget(key, "status"), "cancelled");
  assert.ok((await client.pttl(key)) > 0);
});

test("events are published in their order for those who listen", async (t) => {
  const { state } = await stateOn(t, { mirror: mirrorOf("published") });
  await mirrorIs(state, "following");
  const listener = client.duplicate();
  t.after(() => listener.disconnect());
  const heard: number[] = [];
  listener.on("pmessage", (_pattern: string, _channel: string, text: string) => {
    heard.push(JSON.parse(text).seq);
  });
  await listener.psubscribe(keyOf("published", "event:room:*"));
  const say = () => state.announce({ channel: "room:den", type: "said", payload: {} });
  for (let at = 0; at < 5; at += 1) await say();
  await until(async () => heard.length === 5);
  assert.deepEqual(heard, [1, 2, 3, 4, 5]);
});

test("while Redis is killed all goes on and the mirror says so; then it is written anew", async (t) => {
  const { state } = await stateOn(t, { mirror: mirrorOf("killed") });
  const first = await state.addTask(submission());
  await mirrorIs(state, "following");
  await server.kill();
  await mirrorIs(state, "away");
  const second = await state.addTask(submission());
  await state.removeTask({ taskId: first.taskId, reason: "test" });
  const synced = await state.sync();
  assert.deepEqual([synced.isMirrored, synced.mirror.kind], [false, "away"]);
  const { mirror } = await state.snapshot();
  assert.ok(mirror.kind === "away" && mirror.since > 0 && mirror.reason.length > 0);
  await server.startAgain();
  await mirrorIs(state, "following");
  assert.equal((await state.sync()).isMirrored, true);
  assert.deepEqual(await client.zrange(keyOf("killed", "tasks"), "0", "-1"), [second.taskId]);
});

test("a Redis that stands still is away after a second, and caught up with afterwards", async (t) => {
  const { state } = await stateOn(t, { mirror: mirrorOf("still") });
  await mirrorIs(state, "following");
  server.signal("SIGSTOP");
  const began = Date.now();
  try {
    await mirrorIs(state, "away");
    assert.ok(Date.now() - began < 8_000);
    await state.addTask(submission({ name: "meanwhile" }));
  } finally {
    server.signal("SIGCONT");
  }
  await mirrorIs(state, "following");
  assert.equal((await state.sync()).isMirrored, true);
  assert.equal(await client.zcard(keyOf("still", "tasks")), 1);
});

test("a Redis that has lost its data gets everything again", async (t) => {
  const { state } = await stateOn(t, { mirror: mirrorOf("flushed") });
  const { taskId } = await state.addTask(submission({ name: "kept" }));
  await mirrorIs(state, "following");
  await state.sync();
  await client.flushall();
  const key = keyOf("flushed", `task:${taskId}`);
  await until(async () => (await client.hget(key, "name")) === "kept");
  await until(async () => (await client.hget(keyOf("flushed", "meta"), "state")) === "following");
});

test("what stands at the mirror's keys already gives way, and other keys stay", async (t) => {
  await client.set(keyOf("other", "tasks"), "no sorted set");
  await client.set(keyOf("other", "meta"), "no hash");
  await client.set("somebody:else", "stays");
  const { state } = await stateOn(t, { mirror: mirrorOf("other") });
  await state.addTask(submission());
  await mirrorIs(state, "following");
  await state.sync();
  assert.equal(await client.zcard(keyOf("other", "tasks")), 1);
  assert.equal(await client.get("somebody:else"), "stays");
});

test("a Redis that refuses to write is away with its own words", async (t) => {
  await client.config("SET", "maxmemory", "1");
  t.after(() => client.config("SET", "maxmemory", "0"));
  const { state } = await stateOn(t, { mirror: mirrorOf("full") });
  await mirrorIs(state, "away");
  const { mirror } = await state.statistics();
  assert.ok(mirror.kind === "away" && mirror.reason.includes("OOM"), JSON.stringify(mirror));
  await client.config("SET", "maxmemory", "0");
  await mirrorIs(state, "following");
});

test("a Redis that was set back to an earlier state of itself gets everything again", async (t) => {
  const { state } = await stateOn(t, { mirror: mirrorOf("set-back") });
  await mirrorIs(state, "following");
  const keys = await client.keys(keyOf("set-back", "*"));
  const former = await Promise.all(
    keys.map(async (key) => ({ key, bytes: await client.dumpBuffer(key) })),
  );
  const { taskId } = await state.addTask(submission());
  assert.equal((await state.sync()).isMirrored, true);
  const back = client.multi();
  for (const key of await client.keys(keyOf("set-back", "*"))) back.unlink(key);
  for (const { key, bytes } of former) back.restore(key, 0, bytes);
  await back.exec();
  const task = keyOf("set-back", `task:${taskId}`);
  await until(async () => (await client.exists(task)) === 1);
  await mirrorIs(state, "following");
  assert.equal((await state.sync()).isMirrored, true);
});
