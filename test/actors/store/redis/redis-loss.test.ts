// What the Redis store promises when its server dies, stands still, comes back, forgets, or is full.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { Failure } from "#protocols/failure.ts";
import {
  RedisProcess,
  type RedisSettings,
} from "../../../runtime/cluster/directory/redis-process.ts";
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

async function withStore(
  settings: RedisSettings,
  use: (store: RedisBackend, server: RedisProcess) => Promise<void>,
  withinMs = 5_000,
): Promise<void> {
  const server = await RedisProcess.start({ appendfsync: "always", ...settings });
  try {
    const store = await openStore(server.port, { withinMs });
    await use(store, server);
    await store.close();
  } finally {
    await server.end();
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Failure ? error.code : `no Failure: ${error}`;

/** The failure's code, or undefined when the call was answered. */
const troubleOf = (call: Promise<unknown>): Promise<string | undefined> =>
  call.then(() => undefined, codeOf);

test("after a restart of the server all is there, leases are held, and the epoch is the same", async () => {
  await withStore({}, async (store, server) => {
    const waiting = await created(store);
    await created(store, { model: "lama" });
    const [lease] = await claim(store);
    assert.ok(lease);
    const { epoch } = store.info;
    await server.kill();
    await server.startAgain();
    assert.equal((await complete(store, lease)).kind, "committed");
    assert.equal(store.info.epoch, epoch);
    const statuses = [await statusOf(store, lease.taskId), (await counts(store)).pending];
    assert.deepEqual(statuses, ["completed", 1]);
    assert.ok(waiting);
    assert.deepEqual(await problems(store), []);
  });
});

test("killed while tasks are submitted, it has lost none that was acknowledged", async () => {
  await withStore({}, async (store, server) => {
    const acknowledged = new Set<string>();
    const unsure = new Set<string>();
    let isOver = false;
    const submitter = async (name: string): Promise<void> => {
      for (let count = 0; !isOver; count += 1) {
        const idempotencyKey = `${name}.${count}`;
        try {
          acknowledged.add(await created(store, { idempotencyKey, name: idempotencyKey }));
        } catch (error) {
          assert.match(codeOf(error), /^(unavailable|unknown_outcome|store_failed)$/);
          unsure.add(idempotencyKey);
        }
      }
    };
    const submitters = Array.from({ length: 16 }, (_none, index) => submitter(`s${index}`));
    for (let round = 0; round < 3; round += 1) {
      const former = acknowledged.size;
      while (acknowledged.size < former + 200) await new Promise((done) => setTimeout(done, 5));
      await server.kill();
      await server.startAgain();
    }
    isOver = true;
    await Promise.all(submitters);
    for (const taskId of acknowledged) assert.equal(await statusOf(store, taskId), "pending");
    // Each key made one task at most: asked again, those of unknown outcome are answered.
    for (const idempotencyKey of unsure) {
      const result = await submit(store, { idempotencyKey, name: idempotencyKey });
      assert.ok(result.kind === "created" || result.kind === "replayed");
      acknowledged.add(result.taskId);
    }
    assert.equal((await counts(store)).pending, acknowledged.size);
    assert.deepEqual(await problems(store), []);
  });
});

test("while the server is gone calls fail in time, and go on when it is back", async () => {
  await withStore(
    {},
    async (store, server) => {
      await created(store);
      await server.kill();
      const began = performance.now();
      const codes = await Promise.all([
        troubleOf(created(store)),
        troubleOf(counts(store)),
        troubleOf(claim(store)),
      ]);
      assert.deepEqual(codes, ["unavailable", "unavailable", "unavailable"]);
      assert.ok(performance.now() - began < 2_500, "within the time that was set");
      await server.startAgain();
      await created(store);
      assert.equal((await counts(store)).pending, 2);
    },
    1_000,
  );
});

test("a call during a short absence waits for it and is done once", async () => {
  await withStore({}, async (store, server) => {
    await server.kill();
    const calls = Promise.all(Array.from({ length: 20 }, () => created(store)));
    await server.startAgain();
    assert.equal(new Set(await calls).size, 20);
    assert.equal((await counts(store)).pending, 20);
  });
});

test("a server that stands still leaves the outcome unknown, and asking again tells", async () => {
  await withStore(
    {},
    async (store, server) => {
      await created(store);
      server.signal("SIGSTOP");
      const call = troubleOf(submit(store, { idempotencyKey: "once" }));
      const began = performance.now();
      assert.equal(await call, "unknown_outcome");
      assert.ok(performance.now() - began < 6_000);
      server.signal("SIGCONT");
      const result = await submit(store, { idempotencyKey: "once" });
      assert.ok(result.kind === "created" || result.kind === "replayed");
      const again = await submit(store, { idempotencyKey: "once" });
      assert.deepEqual(
        [again.kind, "taskId" in again && again.taskId],
        ["replayed", result.taskId],
      );
      assert.equal((await counts(store)).pending, 2);
      assert.deepEqual(await problems(store), []);
    },
    1_000,
  );
});

test("a commit whose answer was late is not done twice", async () => {
  await withStore({}, async (store, server) => {
    await created(store);
    server.signal("SIGSTOP");
    const calls = Promise.all(Array.from({ length: 10 }, () => created(store)));
    // Longer than a command is waited for: the first commit is given up, and was done all the same.
    setTimeout(() => server.signal("SIGCONT"), 2_500);
    const ids = await calls;
    assert.equal(new Set(ids).size, 10);
    for (const taskId of ids) assert.equal(await statusOf(store, taskId), "pending");
    assert.equal((await counts(store)).pending, 11);
    assert.deepEqual(await problems(store), []);
  });
});

test("a flushed server is another store: its epoch is new, and old leases are refused", async () => {
  await withStore({}, async (store, server) => {
    await created(store);
    const [lease] = await claim(store);
    assert.ok(lease);
    await server.command("FLUSHALL");
    assert.deepEqual(await complete(store, lease), { kind: "lost" });
    assert.notEqual(store.info.epoch, lease.epoch);
    const taskId = await created(store);
    assert.equal(await statusOf(store, taskId), "pending");
    assert.deepEqual(await problems(store), []);
  });
});

test("a server that lost its last commits with its power is another store", async () => {
  const lossy = { appendfsync: "everysec" };
  await withStore(lossy, async (store, server) => {
    await created(store);
    const [lease] = await claim(store);
    assert.ok(lease);
    await server.kill();
    await server.startAgain();
    assert.deepEqual(await complete(store, lease), { kind: "lost" });
    assert.notEqual(store.info.epoch, lease.epoch);
  });
});

test("full of memory it refuses submissions and changes nothing, while running tasks end", async () => {
  await withStore({}, async (store, server) => {
    await created(store, { name: "first" });
    const [lease] = await claim(store);
    assert.ok(lease);
    const small = await created(store);
    const [, used = "0"] = /used_memory:(\d+)/.exec(await server.command("INFO", "memory")) ?? [];
    await server.command("CONFIG", "SET", "maxmemory", String(Math.floor(Number(used) * 0.8)));
    const before = await counts(store);
    const bytes = new Uint8Array(600_000);
    for (const inputs of [[], [{ name: "image", contentType: "image/png", bytes }]]) {
      const error = await submit(store, { inputs }).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      assert.ok(error instanceof Failure && error.code === "store_failed", String(error));
      assert.match(error.detail, /maxmemory/);
    }
    assert.deepEqual(await counts(store), before);
    assert.equal((await complete(store, lease)).kind, "committed");
    assert.equal((await claim(store))[0]?.taskId, small);
    await server.command("CONFIG", "SET", "maxmemory", "0");
    await created(store);
    assert.deepEqual(await problems(store), []);
  });
});

test("scripts that the server has forgotten are taught again", async () => {
  await withStore({}, async (store, server) => {
    await created(store);
    await server.command("SCRIPT", "FLUSH");
    await created(store);
    assert.equal((await counts(store)).pending, 2);
  });
});

test("a store that cannot be reached is not opened, and says why in time", async () => {
  const server = await RedisProcess.start();
  await server.end();
  const began = performance.now();
  const code = await troubleOf(openStore(server.port, { withinMs: 500 }));
  assert.equal(code, "unavailable");
  assert.ok(performance.now() - began < 2_000);
});
