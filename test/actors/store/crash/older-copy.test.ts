// A Redis whose data is put back to an earlier moment: fences that it gave are unknown to it, so it must
// not pass for the same store.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { test } from "node:test";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { claim, complete, created, openStore, problems, statusOf } from "../redis/redis-samples.ts";
import { temporaryFolder } from "../sqlite/sqlite-store-fixture.ts";

const putBack = (copy: string, folder: string): void => {
  rmSync(folder, { recursive: true });
  cpSync(copy, folder, { recursive: true });
};

test("Redis started from an older copy of its data is another store, and old leases are refused", async (t) => {
  const server = await RedisProcess.start({ appendfsync: "always" });
  t.after(() => server.end());
  const copy = temporaryFolder(t);
  const store = await openStore(server.port);
  t.after(() => store.close());
  const [first, second] = [await created(store), await created(store)];
  await server.kill();
  cpSync(server.folder, copy, { recursive: true });
  await server.startAgain();
  const leases = await claim(store, 2);
  assert.equal(leases.length, 2);
  const later = await created(store);
  await server.kill();
  putBack(copy, server.folder);
  await server.startAgain();
  for (const lease of leases) assert.deepEqual(await complete(store, lease), { kind: "lost" });
  const statuses = [first, second, later].map((taskId) => statusOf(store, taskId));
  assert.deepEqual(await Promise.all(statuses), ["pending", "pending", undefined]);
  const again = await claim(store, 2);
  assert.deepEqual(
    again.map(({ fence, epoch }) => [fence, epoch === leases[0]?.epoch]),
    leases.map(({ fence }) => [fence, false]),
    "the same fences, told apart by their epoch",
  );
  for (const lease of again) assert.equal((await complete(store, lease)).kind, "committed");
  assert.deepEqual(await problems(store), []);
});

test("an older copy that nobody can tell from a restart is another store when its lineage is deleted", async (t) => {
  const server = await RedisProcess.start({ appendfsync: "always" });
  t.after(() => server.end());
  const copy = temporaryFolder(t);
  const store = await openStore(server.port);
  await created(store);
  const { epoch } = store.info;
  await server.kill();
  cpSync(server.folder, copy, { recursive: true });
  await server.startAgain();
  const [lease] = await claim(store);
  assert.ok(lease);
  await store.close();
  await server.kill();
  putBack(copy, server.folder);
  await server.startAgain();
  await server.command("DEL", "{troupe:tasks}:lineage");
  const next = await openStore(server.port);
  t.after(() => next.close());
  assert.notEqual(next.info.epoch, epoch);
  assert.deepEqual(await complete(next, lease), { kind: "lost" });
  const [again] = await claim(next);
  assert.equal(again?.taskId, lease.taskId, "the task is worked on again");
});
