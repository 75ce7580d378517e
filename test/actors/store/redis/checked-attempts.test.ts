// What a check of a store in Redis looks at of attempts, and what it leaves where it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Redis } from "ioredis";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { claim, complete, created, openStore, problems, refOf } from "./redis-samples.ts";

let server: RedisProcess;
let client: Redis;
before(async () => {
  server = await RedisProcess.start({});
  client = new Redis({ port: server.port });
});
after(async () => {
  client.disconnect();
  await server.end();
});

test("a check tells of a damaged attempt, also when its task has ended", async () => {
  const store = await openStore(server.port, { group: "attempts" });
  const taskId = await created(store);
  const [lease] = await claim(store);
  assert.ok(lease);
  await complete(store, lease);
  await store.close();
  const key = `{troupe:attempts}:task:${taskId}`;
  const sealed = await client.hgetBuffer(key, "a1");
  assert.ok(sealed);
  sealed.write("Worker-1", sealed.indexOf("worker-1"));
  await client.hset(key, "a1", sealed);
  const other = await openStore(server.port, { group: "attempts" });
  const [problem, ...more] = await problems(other);
  assert.match(problem ?? "", new RegExp(`${taskId}.* checksum`));
  assert.deepEqual(more, []);
  await other.close();
});

test("a check reads no checkpoints", async () => {
  const checkpoint = new Uint8Array(2 * 1024 * 1024);
  const store = await openStore(server.port, { group: "checkpoints" });
  await created(store);
  const [lease] = await claim(store);
  assert.ok(lease);
  const reached = { lease: refOf(lease), progress: 0.5, message: null, checkpoint };
  await store.call({ method: "progress", args: [reached] });
  await store.close();
  const other = await openStore(server.port, { group: "checkpoints" });
  const sentBytes = async () =>
    Number(/total_net_output_bytes:(\d+)/.exec(await client.info("stats"))?.[1]);
  const formerBytes = await sentBytes();
  assert.deepEqual(await problems(other), []);
  assert.ok((await sentBytes()) - formerBytes < checkpoint.byteLength / 4);
  await other.close();
});
