// Who reads the state from the copy in Redis: a real one, that is killed, stopped and started anew.
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Redis } from "ioredis";
import { CopiedReads } from "#actors/state/copied-reads.ts";
import { mirrorKeys } from "#actors/state/mirror-keys.ts";
import { MirrorReader } from "#actors/state/mirror-reader.ts";
import { MirrorServer } from "#actors/state/mirror-server.ts";
import { MirrorWriter } from "#actors/state/mirror-writer.ts";
import type { MirrorTerms } from "#actors/state/state-messages.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { RedisProcess } from "../../runtime/cluster/directory/redis-process.ts";
import { eventsOf, machine, stateOn, submission, until } from "./state-fixture.ts";

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

const wall = (): number => nodeClock.wall();
/** More than a copy lags while it is followed, on a machine with much else to do. */
const maxAgeMs = 3_000;

async function stage(context: TestContext, namespace: string) {
  const mirror: MirrorTerms = {
    place: { kind: "server", options: { host: "127.0.0.1", port: server.port } },
    server: `redis://127.0.0.1:${server.port}`,
    namespace,
  };
  const cluster = await stateOn(context, { mirror });
  const reads = new CopiedReads(new MirrorReader(mirror, wall), wall);
  context.after(async () => reads.close());
  reads.use(cluster.state);
  const { state } = cluster;
  await until(async () => (await state.statistics()).mirror.kind === "following");
  assert.equal((await reads.standing()).source, "redis");
  return { ...cluster, reads };
}

test("what is read from the copy is what the store has, field by field, and says so", async (t) => {
  const { reads, state } = await stage(t, "same");
  const { taskId } = await state.addTask(submission({ name: '5 "bridges"', priority: 1 }));
  await state.addTask(submission({ name: "" }));
  await state.addNode({ node: "w1", leaseMs: 60_000, ...machine, tags: ["a b"], port: 7_600 });
  await state.sync();
  await until(async () => (await reads.nodes({ maxAgeMs })).value.length === 1);
  await until(async () => (await reads.counts({ maxAgeMs })).value.pending === 2);
  const both = async <T>(read: (age: number) => Promise<T>) =>
    Promise.all([read(maxAgeMs), read(0)]);
  const check = (
    [copied, embedded]: readonly { readonly source: string; readonly value: unknown }[],
    what: string,
  ) => {
    assert.deepEqual([copied?.source, embedded?.source], ["redis", "embedded"], what);
    assert.deepEqual(copied?.value, embedded?.value, what);
  };
  check(await both((age) => reads.task(taskId, { maxAgeMs: age })), "task");
  check(await both((age) => reads.nodes({ maxAgeMs: age })), "nodes");
  check(await both((age) => reads.counts({ maxAgeMs: age })), "counts");
  await until(async () => {
    const [copied, embedded] = await both((age) => reads.queues({ maxAgeMs: age }));
    return isDeepStrictEqual(copied?.value, embedded?.value);
  });
  const { version, asOf, isStale } = await reads.task(taskId, { maxAgeMs });
  assert.deepEqual([version, isStale], [1, false]);
  assert.ok(Math.abs(wall() - asOf) < maxAgeMs);
});

test("the progress of a task that runs is never the copy's, unless nobody else can tell it", async (t) => {
  const { reads, state, store, stateActor, system } = await stage(t, "progress");
  const { taskId } = await state.addTask(submission());
  const claim = { node: "w1", incarnation: 1, models: ["diffuse"], max: 1 };
  const [lease] = await store.claim(claim);
  assert.ok(lease);
  await state.sync();
  const held = { taskId, fence: lease.fence, epoch: lease.epoch };
  await store.progress({ lease: held, progress: 0.5, message: null });
  const { value, source } = await reads.task(taskId, { maxAgeMs: 0 });
  assert.deepEqual([value?.status, value?.progress, source], ["running", 0.5, "embedded"]);
  await until(async () => (await reads.task(taskId, { maxAgeMs })).value?.progress === 0.5);
  await system.stopActor(stateActor);
  reads.use(undefined);
  const alone = await reads.task(taskId, { maxAgeMs });
  assert.deepEqual([alone.value?.status, alone.isStale], ["running", true]);
});

test("what the copy does not know, or somebody else wrote there, the StateManager answers", async (t) => {
  const { reads, state } = await stage(t, "unknown");
  const missing = await reads.task("nobody", { maxAgeMs });
  assert.deepEqual([missing.value, missing.source], [null, "embedded"]);
  const { taskId } = await state.addTask(submission({ name: "mine" }));
  await state.sync();
  await client.hset(`{troupe:unknown:state}:task:${taskId}`, "version", "no number");
  const read = await reads.task(taskId, { maxAgeMs });
  assert.deepEqual([read.value?.name, read.source], ["mine", "embedded"]);
});

const harms: readonly (readonly [
  what: string,
  part: "queues" | "nodes" | "counts",
  words: string[],
])[] = [
  ["a queue that was evicted", "queues", ["DEL", "queue:default"]],
  ["a queue that somebody wrote to", "queues", ["HSET", "queue:default", "leaseMs", "777"]],
  ["an index that was evicted", "queues", ["DEL", "queues"]],
  ["a queue of somebody else", "queues", ["ZADD", "queues", "1", "forged"]],
  ["a queue of another kind", "queues", ["SET", "queue:default", "text"]],
  ["a node that was evicted", "nodes", ["DEL", "node:w1"]],
  ["an index of nodes that was evicted", "nodes", ["DEL", "nodes"]],
  ["counts that somebody wrote to", "counts", ["HINCRBY", "counts", "failed", "7"]],
  ["counts that were evicted", "counts", ["DEL", "counts"]],
];
for (const [index, [what, part, [name = "", rest = "", ...words]]] of harms.entries()) {
  test(`${what} is noticed by the next reading, and mended by the writer's look at its work`, async (t) => {
    const { reads, state, stateActor, system, store } = await stage(t, "unused");
    // A writer of the test's own, whose clock it moves.
    let aheadMs = 0;
    const namespace = `harm${index}`;
    const place = { kind: "server", options: { host: "127.0.0.1", port: server.port } } as const;
    const own = await MirrorServer.open(place);
    t.after(() => own.close());
    const writer = new MirrorWriter({
      server: own,
      keys: mirrorKeys(namespace),
      newToken: () => "1",
      random: () => 0.5,
      wall: () => wall() + aheadMs,
    });
    reads.close();
    const copy = new MirrorReader({ place, server: "test", namespace }, wall);
    const copied = new CopiedReads(copy, wall);
    t.after(() => copied.close());
    copied.use(state);
    await state.addNode({ node: "w1", leaseMs: 60_000, ...machine });
    assert.equal((await writer.resync(store)).kind, "written");
    await copied.standing();
    const long = { maxAgeMs: 60_000 };
    const before = await copied[part](long);
    assert.equal(before.source, "redis");
    assert.equal((await copied.standing()).reason, null);
    await client.call(name, `{troupe:${namespace}:state}:${rest}`, ...words);
    const told = await copied[part](long);
    assert.deepEqual([told.source, told.isStale], ["embedded", false]);
    assert.notEqual((await copied.standing()).reason, null);
    await system.stopActor(stateActor);
    copied.use(undefined);
    await assert.rejects(copied[part](long), { code: "unavailable" });
    copied.use(state);
    aheadMs = 31_000;
    assert.equal((await writer.step(store)).kind, "lost");
    aheadMs = 0;
    assert.equal((await writer.resync(store)).kind, "written");
    assert.equal((await copied[part](long)).source, "redis");
    assert.equal((await copied.standing()).reason, null);
  });
}

test("a task that somebody wrote to is the StateManager's to tell", async (t) => {
  const { reads, state } = await stage(t, "forged");
  const { taskId } = await state.addTask(submission({ name: "mine" }));
  await state.sync();
  assert.equal((await reads.task(taskId, { maxAgeMs })).source, "redis");
  await client.hset(`{troupe:forged:state}:task:${taskId}`, "name", "yours");
  const read = await reads.task(taskId, { maxAgeMs });
  assert.deepEqual([read.value?.name, read.source], ["mine", "embedded"]);
  assert.match((await reads.standing()).reason ?? "", /is not what was written there/);
});

test("a Redis that may evict the copy is told, with what to do", async (t) => {
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  t.after(() => client.config("SET", "maxmemory-policy", "noeviction"));
  const { reads } = await stage(t, "evicts");
  const { reason, source } = await reads.standing();
  assert.equal(source, "redis");
  assert.match(reason ?? "", /allkeys-lru.*set it to noeviction/);
});

test("while the StateManager is away the copy answers all the same, and says that it is stale", async (t) => {
  const { reads, state, stateActor, system } = await stage(t, "alone");
  const { taskId } = await state.addTask(submission({ name: "kept" }));
  await state.sync();
  await system.stopActor(stateActor);
  reads.use(undefined);
  await delay(60);
  const read = await reads.task(taskId, { maxAgeMs: 50 });
  assert.deepEqual([read.value?.name, read.source, read.isStale], ["kept", "redis", true]);
  await assert.rejects(reads.task("nobody", { maxAgeMs }), { code: "unavailable" });
  const standing = await reads.standing();
  assert.deepEqual([standing.source, standing.staleTotal], ["redis", 1]);
  assert.ok(standing.lagMs !== null && standing.lagMs >= 50);
});

test("with Redis killed, stopped and started anew no reading fails, no acknowledged write is lost, no notification either", {
  timeout: 120_000,
}, async (t) => {
  const { listener, reads, state } = await stage(t, "chaos");
  const subscriber = listener();
  await state.subscribe({ subscriber, channels: ["room:den"] });
  const written: string[] = [];
  const seen = new Set<string>();
  let isOver = false;
  const write = async (): Promise<void> => {
    while (!isOver) {
      const { taskId } = await state.addTask(submission({ name: `task ${written.length}` }));
      await state.announce({ channel: "room:den", type: "said", payload: {} });
      written.push(taskId);
      await delay(5);
    }
  };
  const read = async (): Promise<void> => {
    while (!isOver) {
      const number = Math.floor(Math.random() * written.length);
      const taskId = written[number];
      if (taskId !== undefined) {
        const reading = await reads.task(taskId, { maxAgeMs });
        assert.equal(reading.value?.name, `task ${number}`);
        assert.equal(reading.isStale, false);
        seen.add(reading.source);
      }
      await delay(2);
    }
  };
  const turned = (source: string) => until(async () => (await reads.standing()).source === source);
  const harm = async (): Promise<void> => {
    await until(async () => seen.has("redis"));
    await server.kill();
    await turned("embedded");
    await until(async () => seen.has("embedded"));
    const { lagMs, reason } = await reads.standing();
    assert.deepEqual([lagMs, typeof reason], [null, "string"]);
    await server.startAgain();
    await turned("redis");
    server.signal("SIGSTOP");
    try {
      await turned("embedded");
    } finally {
      server.signal("SIGCONT");
    }
    await turned("redis");
    await client.flushall();
    await until(async () => (await state.statistics()).mirror.kind === "following");
    isOver = true;
  };
  const work = Promise.all([write(), read(), read()]);
  try {
    await harm();
  } finally {
    isOver = true;
  }
  await work;
  assert.deepEqual([...seen].sort(), ["embedded", "redis"]);
  await until(async () => (await state.sync()).isMirrored === true);
  const { value } = await reads.counts({ maxAgeMs: 0 });
  assert.equal(value.pending, written.length);
  const copied = await client.zcard("{troupe:chaos:state}:tasks");
  assert.equal(copied, written.length);
  const heard = eventsOf(await subscriber.heard(written.length), "room:den");
  assert.deepEqual(
    heard,
    written.map((_, index) => index + 1),
  );
});
