// What a server must be like, and which level of acknowledgement it gives.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import {
  RedisProcess,
  type RedisSettings,
} from "../../../runtime/cluster/directory/redis-process.ts";
import { created, openStore, submit } from "./redis-samples.ts";

async function withServer(
  settings: RedisSettings,
  use: (server: RedisProcess) => Promise<void>,
): Promise<void> {
  const server = await RedisProcess.start(settings);
  try {
    await use(server);
  } finally {
    await server.end();
  }
}

const levels: readonly (readonly [RedisSettings, string])[] = [
  [{ appendonly: "no" }, "accepted"],
  [{ appendfsync: "everysec" }, "process"],
  [{ appendfsync: "always" }, "durable"],
];
for (const [settings, level] of levels) {
  test(`${JSON.stringify(settings)} gives ${level}, and no more is promised`, async () => {
    await withServer(settings, async ({ port }) => {
      const store = await openStore(port);
      assert.equal(store.info.ackLevels.at(-1), level);
      const result = await submit(store);
      assert.equal(result.kind === "created" && result.ack, level);
      const refused = { kind: "refused", reason: "ack_level" };
      assert.deepEqual(await submit(store, { ack: "replicated" }), refused);
      await store.close();
    });
  });
}

test("a server that evicts is refused when the store is opened, with the remedy", async () => {
  await withServer({ "maxmemory-policy": "allkeys-lru" }, async ({ port }) => {
    await assert.rejects(
      openStore(port),
      (error) =>
        error instanceof Failure && error.code === "invalid" && error.detail.includes("noeviction"),
    );
  });
});

test("with a replica that follows, a submission is acknowledged when the replica has it", async () => {
  await withServer({ appendfsync: "always" }, async (master) => {
    await withServer({ replicaof: `127.0.0.1 ${master.port}` }, async (replica) => {
      while (!(await replica.command("INFO", "replication")).includes("master_link_status:up")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      while (!(await master.command("INFO", "replication")).includes("state=online")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const store = await openStore(master.port);
      assert.equal(store.info.ackLevels.at(-1), "replicated");
      const taskId = await created(store, { ack: "replicated" });
      const found = await replica.command("EXISTS", `{troupe:tasks}:task:${taskId}`);
      assert.equal(found.trim(), ":1");

      // A replica that stands still cannot confirm: the outcome is not known, and asking again tells.
      replica.signal("SIGSTOP");
      const again = { idempotencyKey: "once", ack: "replicated" } as const;
      await assert.rejects(
        submit(store, again),
        (error) => error instanceof Failure && error.code === "unknown_outcome",
      );
      assert.equal(store.info.ackLevels.at(-1), "durable");
      replica.signal("SIGCONT");
      const replayed = await submit(store, { ...again, ack: "durable" });
      assert.equal(replayed.kind, "replayed");
      await store.close();
    });
  });
});
