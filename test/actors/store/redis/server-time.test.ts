// The Redis store by the server's own time, which passes while a call is decided.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoreCommand } from "#actors/store/backend.ts";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { keyPrefix, storeKeys } from "#actors/store/redis/redis-store-keys.ts";
import { type DecisionContext, StoreView } from "#actors/store/redis/store-view.ts";
import { storePolicyDefault } from "#actors/store/store-policy.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";

let server: RedisProcess;
before(async () => {
  server = await RedisProcess.start({ appendfsync: "always" });
});
after(() => server.end());

/** `timeMs`: in place of the server's. */
async function withStore<T>(
  group: string,
  use: (store: RedisBackend) => Promise<T>,
  timeMs?: () => number,
): Promise<T> {
  const place = { kind: "server", options: { port: server.port } } as const;
  const store = await RedisBackend.open({ place, group, ...(timeMs && { timeMs }) });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const box = { hostname: "box", platform: "linux", arch: "x64" };
const sweepRecords = (store: RedisBackend) => store.call({ method: "sweepRecords", args: [1_000] });

test("an empty store sweeps its records in a few round trips", async () => {
  await withStore("empty", async (store) => {
    const { fetchesTotal } = store.figures;
    const { suspect, timedOut, purged } = await sweepRecords(store);
    assert.deepEqual([suspect, timedOut, purged], [[], [], 0]);
    const fetches = store.figures.fetchesTotal - fetchesTotal;
    assert.ok(fetches <= 30, `${fetches} round trips`);
  });
});

test("nodes and commands run out by the server's time, beside calls that go on", async () => {
  await withStore("running-out", async (store) => {
    await store.call({ method: "registerNode", args: [{ node: "a", ...box, leaseMs: 300 }] });
    const command = { commandId: "c", command: "PING", node: "a", timeoutMs: 300 };
    await store.call({ method: "beginControl", args: [command] });
    const before = await sweepRecords(store);
    assert.deepEqual([before.suspect, before.timedOut], [[], []]);
    const inMs = (before.nextAt ?? 0) - store.nowMs();
    assert.ok(inMs > -1_000 && inMs <= 300, `the next is due in ${inMs} ms`);
    await sleep(350);
    const submission = { type: "nap", model: "nap", parameters: {}, inputs: [] };
    const [after, submitted] = await Promise.all([
      sweepRecords(store),
      store.call({ method: "submit", args: [submission] }),
    ]);
    assert.deepEqual([after.suspect, after.timedOut], [["a"], ["c"]]);
    assert.equal(submitted.kind, "created");
  });
});

test("what is old by the server's time is trimmed", async () => {
  const longAgoMs = Date.now() - storeLimits.metricMinuteTtlMs - 3_600_000;
  await withStore(
    "trimmed",
    async (store) => {
      const at = longAgoMs;
      const points = ["a", "b"].map((name) => ({ name, at, count: 1, sum: 1, min: 1, max: 1 }));
      await store.call({ method: "recordMetrics", args: [points] });
    },
    () => longAgoMs,
  );
  await withStore("trimmed", async (store) => {
    assert.equal(
      (await sweepRecords(store)).purged,
      4,
      "of ten seconds and of a minute, each of two",
    );
    assert.equal((await sweepRecords(store)).purged, 0);
  });
});

test("as many points as one report may have are written in a few round trips", async () => {
  await withStore("points", async (store) => {
    const at = store.nowMs();
    const points = Array.from({ length: storeLimits.metricPointsMax }, (_, index) => {
      return { name: `m${index}`, at, count: 1, sum: 1, min: 1, max: 1 };
    });
    for (const _ of ["first", "again"]) {
      const { fetchesTotal } = store.figures;
      const { recorded } = await store.call({ method: "recordMetrics", args: [points] });
      assert.equal(recorded, points.length);
      const fetches = store.figures.fetchesTotal - fetchesTotal;
      assert.ok(fetches <= 5, `${fetches} round trips`);
    }
  });
});

/** A view of a store that has nothing, without a server. */
function emptyView(context: DecisionContext): { readonly view: StoreView; fetches(): number } {
  let fetches = 0;
  const view = new StoreView(storeKeys(keyPrefix({ group: "view" })), {
    makeId: () => "id",
    context: () => context,
    fetch: async (of, queries) => {
      fetches += 1;
      // As a server does, so that the clock moves on.
      await sleep(1);
      of.commit = 1;
      for (const query of queries) of.keyspace.absorb(query, nothingOf(query.kind));
    },
  });
  return { view, fetches: () => fetches };
}

const nothingOf = (kind: string): unknown =>
  kind === "count" || kind === "score" || kind === "chunk" ? null : [];

test("a call that reads otherwise whenever it is decided fails at once, and alone", async () => {
  const info = {
    kind: "redis",
    epoch: "e",
    ackLevels: [],
    schemaVersion: 1,
    timeSkewMs: 0,
  } as const;
  const restless = {
    policy: storePolicyDefault,
    info,
    get nowMs() {
      return Math.floor(performance.now());
    },
  };
  const commands: readonly StoreCommand[] = [
    { method: "queues", args: [] },
    { method: "sweepRecords", args: [10] },
    { method: "counts", args: [] },
  ];
  const { view, fetches } = emptyView(restless);
  const { answers } = await view.decide(commands, new Map(), new Map(), performance.now() + 5_000);
  const kinds = answers.map((answer) => (answer.kind === "failed" ? answer.failure.code : "done"));
  assert.deepEqual(kinds, ["done", "internal", "done"]);
  assert.ok(fetches() < 60, `${fetches()} round trips`);
});
