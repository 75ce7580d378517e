// A gateway that reads the state from a Redis: a real one, while all else is in one process.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { CopiedReads } from "#actors/state/copied-reads.ts";
import { MirrorReader } from "#actors/state/mirror-reader.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import type { MirrorTerms } from "#actors/state/state-messages.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { RedisProcess } from "../../runtime/cluster/directory/redis-process.ts";

const page = fileURLToPath(new URL("../../../nodes/page/", import.meta.url));
const wall = (): number => nodeClock.wall();

test("readings and the status say their source: Redis, the StateManager while that is away, and a stale copy", {
  timeout: 60_000,
}, async (t) => {
  const redis = await RedisProcess.start({ appendonly: "no" });
  t.after(() => redis.end());
  const system = await startLocalSystem({ log: { write: () => {} } });
  t.after(() => system.stop());
  const mirror: MirrorTerms = {
    place: { kind: "server", options: { host: "127.0.0.1", port: redis.port } },
    server: `redis://127.0.0.1:${redis.port}`,
    namespace: "gateway",
  };
  await system.started(system.spawn(StoreActor, { kind: "memory" }));
  await system.started(system.spawn(QueueManager, { queues: [] }));
  const manager = system.spawn(StateManager, { mirror });
  const stateReads = new CopiedReads(new MirrorReader(mirror, wall), wall);
  const gateway = system.spawn(HttpGateway, {
    ...{ cluster: "c", host: "127.0.0.1", port: 0, model: "diffuse", page, sample: null },
    stateReads,
  });
  const { url } = await gateway.address();
  const asked = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return response.status === 200 ? JSON.parse(await response.text()) : undefined;
  };
  const becomes = async (source: string, isStale: boolean): Promise<void> => {
    for (;;) {
      const told = await asked("/api/v1/state/counts");
      if (told?.source === source && told.isStale === isStale) return;
    }
  };
  await becomes("redis", false);
  assert.equal((await asked("/api/status")).stateReads.server, mirror.server);
  await redis.kill();
  await becomes("embedded", false);
  while ((await asked("/api/status")).stateReads.source !== "embedded");
  assert.match((await asked("/api/status")).stateReads.reason, /Redis is away/);
  await redis.startAgain();
  await becomes("redis", false);
  await system.stopActor(manager);
  await becomes("redis", true);
});
