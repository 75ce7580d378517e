// Two stores that work on the same Redis at the same time, as on two machines.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import {
  claim,
  complete,
  counts,
  created,
  openStore,
  problems,
  statusOf,
  submit,
} from "./redis-samples.ts";

let server: RedisProcess;
before(async () => {
  server = await RedisProcess.start({ appendfsync: "always" });
});
after(() => server.end());

async function withTwo(
  group: string,
  use: (one: RedisBackend, two: RedisBackend) => Promise<void>,
): Promise<void> {
  const [one, two] = await Promise.all([
    openStore(server.port, { group }),
    openStore(server.port, { group }),
  ]);
  try {
    await use(one, two);
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

test("both are the same store, and what one has acknowledged the other knows", async () => {
  await withTwo("same", async (one, two) => {
    assert.equal(one.info.epoch, two.info.epoch);
    for (let count = 0; count < 20; count += 1) {
      const taskId = await created(one);
      assert.equal(await statusOf(two, taskId), "pending");
      const [lease] = await claim(two);
      assert.equal(lease?.taskId, taskId);
      assert.ok(lease);
      assert.equal((await complete(one, lease)).kind, "committed");
      assert.equal((await complete(two, lease)).kind, "lost");
    }
    assert.deepEqual(await problems(one), []);
  });
});

test("what a store remembers is not taken for true after the other has committed", async () => {
  await withTwo("stale", async (one, two) => {
    assert.deepEqual(await claim(one), []);
    const taskId = await created(two);
    const [lease] = await claim(one);
    assert.equal(lease?.taskId, taskId);
    assert.ok(lease);
    await two.call({ method: "releaseNode", args: [{ node: "worker-1", except: [] }] });
    assert.deepEqual(await complete(one, lease), { kind: "lost" });
    const cancelled = await two.call({ method: "cancel", args: [{ taskId, reason: "enough" }] });
    assert.equal(cancelled.kind, "cancelled");
    assert.deepEqual(await claim(one), []);
  });
});

test("the same key at the same time makes one task", async () => {
  await withTwo("keys", async (one, two) => {
    for (let count = 0; count < 20; count += 1) {
      const key = { idempotencyKey: `key-${count}` };
      const results = await Promise.all([submit(one, key), submit(two, key), submit(one, key)]);
      const ids = results.map((result) => "taskId" in result && result.taskId);
      assert.equal(new Set(ids).size, 1);
      assert.equal(results.filter(({ kind }) => kind === "created").length, 1);
    }
    assert.equal((await counts(two)).pending, 20);
  });
});

test("under load no task is claimed twice, none is lost, and both get on", async () => {
  await withTwo("load", async (one, two) => {
    const tasksMax = 300;
    const claimed = new Map<string, number>();
    const fences = new Set<number>();
    const done = new Map<RedisBackend, number>();
    const submitter = async (store: RedisBackend): Promise<void> => {
      for (let count = 0; count < tasksMax / 4; count += 1) await created(store);
    };
    const worker = async (store: RedisBackend, node: string): Promise<void> => {
      while (claimed.size < tasksMax) {
        for (const lease of await claim(store, 4, node)) {
          claimed.set(lease.taskId, (claimed.get(lease.taskId) ?? 0) + 1);
          assert.ok(!fences.has(lease.fence), "a fence is given once");
          fences.add(lease.fence);
          assert.equal((await complete(store, lease)).kind, "committed");
          done.set(store, (done.get(store) ?? 0) + 1);
        }
      }
    };
    await Promise.all([
      ...[one, one, two, two].map(submitter),
      ...[one, one, two, two].map((store, index) => worker(store, `worker-${index}`)),
    ]);
    assert.deepEqual([...new Set(claimed.values())], [1]);
    const { completed, pending, running } = await counts(one);
    assert.deepEqual(
      { completed, pending, running },
      { completed: tasksMax, pending: 0, running: 0 },
    );
    for (const store of [one, two]) {
      assert.ok((done.get(store) ?? 0) > tasksMax / 10, `${[...done.values()]}`);
    }
    assert.deepEqual(await problems(two), []);
    const channel = "queue:default";
    const args = { channel, afterSeq: 0, limit: 1_000 };
    const { events, head } = await one.call({ method: "readEvents", args: [args] });
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: head }, (_none, index) => index + 1),
    );
  });
});
