import assert from "node:assert/strict";
import { test } from "node:test";
import { redisPlaceOf } from "#actors/store/redis/master-place.ts";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { SentinelProcess, until } from "./redis-processes.ts";
import { claim, complete, created, problems, statusOf } from "./redis-samples.ts";

test("after a failover the epoch is new, old leases are refused, and replicated tasks are there", async () => {
  const master = await RedisProcess.start({ appendfsync: "always" });
  const follows = { replicaof: `127.0.0.1 ${master.port}`, appendfsync: "always" };
  const replica = await RedisProcess.start(follows);
  const sentinel = await SentinelProcess.watching(master.port, "main");
  try {
    await until("the replica follows", async () =>
      (await master.command("INFO", "replication")).includes("state=online"),
    );
    const place = redisPlaceOf(`redis+sentinel://127.0.0.1:${sentinel.port}/main`);
    const store = await RedisBackend.open({ place, withinMs: 15_000 });
    await created(store, { ack: "replicated" });
    const waiting = await created(store, { ack: "replicated" });
    const leases = await claim(store);
    const [lease] = leases;
    assert.ok(lease);
    const { epoch } = store.info;
    await until("the replica has the claim", async () =>
      (await replica.command("HGET", "{troupe:tasks}:numbers", "fence")).includes("1"),
    );
    await master.kill();

    assert.deepEqual(await complete(store, lease), { kind: "lost" });
    assert.notEqual(store.info.epoch, epoch);
    assert.equal(store.info.ackLevels.at(-1), "durable");
    const other = [await statusOf(store, waiting), await statusOf(store, lease.taskId)];
    assert.deepEqual(other.sort(), ["pending", "running"]);
    await store.call({ method: "releaseNode", args: [{ node: "worker-1", except: [] }] });
    const again = await claim(store, 2);
    assert.equal(again.length, 2);
    for (const next of again) assert.equal((await complete(store, next)).kind, "committed");
    assert.deepEqual(await problems(store), []);
    await store.close();
  } finally {
    await sentinel.end();
    await Promise.all([master.end(), replica.end()]);
  }
});
