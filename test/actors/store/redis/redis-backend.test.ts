// What the Redis store does with one healthy server: round trips, bytes, keys, levels, bounds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Redis } from "ioredis";
import { redisStoreLimits } from "#actors/store/redis/redis-store-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import {
  claim,
  complete,
  counts,
  created,
  openStore,
  problems,
  refOf,
  statusOf,
  submit,
} from "./redis-samples.ts";

let server: RedisProcess;
let client: Redis;
before(async () => {
  server = await RedisProcess.start({ appendfsync: "always" });
  client = new Redis({ port: server.port });
});
after(async () => {
  client.disconnect();
  await server.end();
});

const failsWith = (code: FailureCode, text = "") => ({
  check: (error: unknown) =>
    error instanceof Failure && error.code === code && error.detail.includes(text),
});

const ofSize = (size: number, name = "image") => {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 255;
  return { name, contentType: "image/png", bytes };
};

/** Commands that the server has got from clients, other than those that look at it. */
async function roundTrips(work: () => Promise<unknown>): Promise<number> {
  const calls = async () => {
    const [, text = "0"] = /cmdstat_evalsha:calls=(\d+)/.exec(await client.info("all")) ?? [];
    return Number(text);
  };
  const former = await calls();
  await work();
  return (await calls()) - former;
}

test("a lone submission, claim or completion is one round trip once the store is warm", async () => {
  const store = await openStore(server.port, { group: "trips" });
  await created(store);
  const [first] = await claim(store);
  assert.ok(first);
  await complete(store, first);
  await created(store, { idempotencyKey: "warm" });
  assert.equal(await roundTrips(() => created(store)), 1);
  assert.equal(await roundTrips(() => created(store, { idempotencyKey: "new" })), 1);
  const [lease] = await claim(store, 2);
  assert.ok(lease);
  assert.equal(await roundTrips(() => complete(store, lease)), 1);
  assert.equal(await roundTrips(() => claim(store)), 1);
  await store.close();
});

test("a completion and the next claim that are sent together share a round trip", async () => {
  const store = await openStore(server.port, { group: "shared" });
  for (let count = 0; count < 3; count += 1) await created(store);
  const [lease] = await claim(store);
  assert.ok(lease);
  const trips = await roundTrips(async () => {
    const [committed, next] = await Promise.all([complete(store, lease), claim(store)]);
    assert.deepEqual([committed.kind, next.length], ["committed", 1]);
  });
  assert.equal(trips, 1);
  await store.close();
});

test("hundreds of calls at once share few commits, and each gets its own answer", async () => {
  const store = await openStore(server.port, { group: "many", withinMs: 60_000 });
  const former = store.figures.commitsTotal;
  const ids = await Promise.all(Array.from({ length: 600 }, () => created(store)));
  assert.equal(new Set(ids).size, 600);
  assert.ok(store.figures.commitsTotal - former <= 6, `${store.figures.commitsTotal} commits`);
  assert.equal((await counts(store)).pending, 600);
  assert.deepEqual(await problems(store), []);
  await store.close();
});

test("a call that fails beside others undoes only itself", async () => {
  const store = await openStore(server.port, { group: "beside" });
  const settings = { queue: "keyed", isKeyRequired: true };
  await store.call({ method: "setQueue", args: [settings] });
  const answers = await Promise.allSettled([
    submit(store),
    submit(store, { queue: "keyed" }),
    submit(store),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.equal((await counts(store)).pending, 2);
  await store.close();
});

const { chunkBytes, inlineBytesMax } = redisStoreLimits;
for (const size of [0, 1, inlineBytesMax, inlineBytesMax + 1, chunkBytes, 3 * chunkBytes + 7]) {
  test(`an input of ${size} bytes comes back as it was, to another process too`, async () => {
    const store = await openStore(server.port, { group: `bytes${size}` });
    const taskId = await created(store, { inputs: [ofSize(size), ofSize(3, "mask")] });
    await store.close();
    const other = await openStore(server.port, { group: `bytes${size}` });
    const [lease] = await claim(other);
    assert.equal(lease?.taskId, taskId);
    assert.deepEqual(
      lease?.inputs.map(({ bytes }) => Buffer.from(bytes)),
      [ofSize(size), ofSize(3)].map(({ bytes }) => Buffer.from(bytes)),
    );
    assert.ok(lease);
    await complete(other, lease);
    assert.deepEqual(await client.keys(`{troupe:bytes${size}}:chunk:*`), [], "inputs are gone");
    await other.close();
  });
}

test("chunks that no commit takes up vanish by themselves", async () => {
  const store = await openStore(server.port, { group: "chunks" });
  const inputs = [ofSize(2 * chunkBytes)];
  await created(store, { inputs });
  const kept = await client.keys("{troupe:chunks}:chunk:*");
  assert.deepEqual(await Promise.all(kept.map((key) => client.pttl(key))), [-1, -1]);
  await store.call({ method: "setQueue", args: [{ queue: "default", pendingMax: 1 }] });
  assert.equal((await submit(store, { inputs })).kind, "full");
  assert.equal((await client.keys("{troupe:chunks}:chunk:*")).length, 2, "nothing was uploaded");
  await store.close();
});

test("a damaged task is told as such, ends when it is claimed, and the next one is given", async () => {
  const store = await openStore(server.port, { group: "damage" });
  const [bad, good] = [await created(store), await created(store)];
  await store.close();
  const key = `{troupe:damage}:task:${bad}`;
  const sealed = await client.hgetBuffer(key, "s");
  assert.ok(sealed);
  sealed.write("InPaint", sealed.indexOf("inpaint"));
  await client.hset(key, "s", sealed);
  const other = await openStore(server.port, { group: "damage" });
  await assert.rejects(statusOf(other, bad), failsWith("corrupt", "checksum").check);
  assert.deepEqual(
    (await claim(other, 2)).map(({ taskId }) => taskId),
    [good],
  );
  const { failed, pending, running } = await counts(other);
  assert.deepEqual({ failed, pending, running }, { failed: 1, pending: 0, running: 1 });
  await other.close();
});

test("wherever a task is damaged, the next one can be claimed", async () => {
  for (const field of ["s", "m"]) {
    for (let at = 0; ; at += 9) {
      const group = `${field}${at}`;
      const store = await openStore(server.port, { group });
      const [bad, good] = [await created(store), await created(store)];
      const sealed = await client.hgetBuffer(`{troupe:${group}}:task:${bad}`, field);
      if (!sealed || at >= sealed.byteLength) {
        await store.close();
        break;
      }
      sealed[at] = (sealed[at] ?? 0) ^ 0x21;
      await client.hset(`{troupe:${group}}:task:${bad}`, field, sealed);
      const other = await openStore(server.port, { group });
      const claimed = (await claim(other, 5)).map(({ taskId }) => taskId);
      assert.deepEqual(claimed, [good], `byte ${at} of ${field}`);
      assert.deepEqual(await claim(other, 5), []);
      await Promise.all([store.close(), other.close()]);
    }
  }
});

test("a task that cannot be read at all does not keep others from being claimed", async () => {
  const store = await openStore(server.port, { group: "unreadable" });
  const [bad, missing, good] = [await created(store), await created(store), await created(store)];
  await store.close();
  await client.hset(`{troupe:unreadable}:task:${bad}`, "s", "rubbish");
  await client.del(`{troupe:unreadable}:task:${missing}`);
  const other = await openStore(server.port, { group: "unreadable" });
  assert.deepEqual(
    (await claim(other, 5)).map(({ taskId }) => taskId),
    [good],
  );
  assert.equal(other.figures.unreadableTotal, 2);
  await other.close();
});

test("a chunk that is missing makes its task corrupt, and nothing hangs", async () => {
  const store = await openStore(server.port, { group: "hole" });
  const taskId = await created(store, { inputs: [ofSize(2 * chunkBytes)] });
  await store.close();
  const [chunk = ""] = await client.keys("{troupe:hole}:chunk:*");
  await client.del(chunk);
  const other = await openStore(server.port, { group: "hole" });
  assert.deepEqual(await claim(other), []);
  assert.equal(await statusOf(other, taskId), "failed");
  await other.close();
});

test("stores of other groups and namespaces have tasks of their own", async () => {
  const one = await openStore(server.port, { group: "apart" });
  const two = await openStore(server.port, { group: "apart", namespace: "other" });
  await created(one);
  assert.deepEqual([(await counts(one)).pending, (await counts(two)).pending], [1, 0]);
  assert.notEqual(one.info.epoch, two.info.epoch);
  await Promise.all([one.close(), two.close()]);
});

test("a name that would not stay apart from others is refused", async () => {
  await assert.rejects(openStore(server.port, { group: "a}b" }), failsWith("invalid").check);
});

test("names with colons, spaces and percent signs stay apart", async () => {
  const store = await openStore(server.port, { group: "names" });
  const names = ["a:b", "a b", "a%3Ab", "a", "ä€😀"];
  for (const name of names) {
    const userId = name.replaceAll(" ", "%20");
    await created(store, { queue: name, userId, idempotencyKey: name });
  }
  const queues = await store.call({ method: "queues", args: [] });
  for (const name of names) {
    assert.equal(queues.find(({ queue }) => queue === name)?.pending, 1, name);
  }
  const request = { node: "n", incarnation: 1, models: ["lama"], max: 10, queues: names };
  assert.equal((await store.call({ method: "claim", args: [request] })).length, names.length);
  assert.deepEqual(await problems(store), []);
  await store.close();
});

test("with the server's clock set back, a store that opens anew goes on from the latest time it has kept", async () => {
  const first = await openStore(server.port, { group: "late" });
  await created(first);
  await first.close();
  const aheadMs = Date.now() + 3_600_000;
  await client.hset("{troupe:late}:numbers", "now", String(aheadMs));
  const store = await openStore(server.port, { group: "late" });
  const taskId = await created(store);
  const view = await store.call({ method: "view", args: [taskId] });
  assert.ok((view?.submittedAt ?? 0) >= aheadMs);
  await store.close();
});

test("a lease of another epoch is not held", async () => {
  const store = await openStore(server.port, { group: "epochs" });
  await created(store);
  const [lease] = await claim(store);
  assert.ok(lease);
  const foreign = { ...refOf(lease), epoch: "another" };
  assert.deepEqual(await complete(store, foreign), { kind: "lost" });
  assert.equal((await complete(store, lease)).kind, "committed");
  await store.close();
});

test("a closed store answers what waits, and then refuses", async () => {
  const store = await openStore(server.port, { group: "closed" });
  const waiting = created(store);
  await store.close();
  assert.ok(await waiting);
  await assert.rejects(created(store), failsWith("unavailable", "closed").check);
});

test("when too much waits the newest call is refused and counted, and the others are done", async () => {
  const store = await openStore(server.port, { group: "full", withinMs: 60_000 });
  const { waitingCommandsMax } = redisStoreLimits;
  const calls = Array.from({ length: waitingCommandsMax + 5 }, () => statusOf(store, "nobody"));
  const answers = await Promise.allSettled(calls);
  const refused = answers.filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 5);
  assert.ok(refused.every((answer) => "reason" in answer && answer.reason.code === "mailbox_full"));
  assert.equal(store.figures.fullTotal, 5);
  await store.close();
});
