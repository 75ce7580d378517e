import assert from "node:assert/strict";
import { test } from "node:test";
import { redisPlaceOf } from "#actors/store/redis/master-place.ts";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { startCluster } from "./redis-processes.ts";
import { claim, complete, counts, created, problems } from "./redis-samples.ts";

test("in a Redis Cluster each store is whole on one node, and finds it from any", async () => {
  const nodes = await startCluster();
  try {
    const stores: RedisBackend[] = [];
    for (const group of ["a", "b", "c", "d"]) {
      // Asks the node that does not have it as well as the one that does.
      const place = redisPlaceOf(`redis+cluster://127.0.0.1:${nodes[stores.length % 3]?.port}`);
      const store = await RedisBackend.open({ place, group });
      stores.push(store);
      const bytes = new Uint8Array(700_000).fill(stores.length);
      const inputs = [{ name: "image", contentType: "image/png", bytes }];
      await created(store, { inputs, idempotencyKey: "k", userId: "ada" });
      await created(store);
      const [lease] = await claim(store);
      assert.equal(lease?.inputs[0]?.bytes.byteLength, 700_000);
      assert.ok(lease);
      assert.equal((await complete(store, lease)).kind, "committed");
      assert.equal((await counts(store)).pending, 1);
      assert.deepEqual(await problems(store), []);
    }
    const sizes = await Promise.all(nodes.map((node) => node.command("DBSIZE")));
    assert.ok(sizes.filter((size) => size.trim() !== ":0").length > 1, `${sizes}`);
    await Promise.all(stores.map((store) => store.close()));
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
  }
});
