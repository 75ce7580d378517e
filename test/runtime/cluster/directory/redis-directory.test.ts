// The directory in a real Redis: the contract, and what happens when Redis dies, stands still or is
// flushed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { RedisDirectory } from "#runtime/cluster/directory/redis-directory.ts";
import { TimerQueue } from "#runtime/core/timer-queue.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { codeOf, type DirectoryPlace, directoryContract } from "./directory-contract.ts";
import { outcomeOf, stateOf, step } from "./directory-history.ts";
import { RedisProcess } from "./redis-process.ts";
import { TableDirectory } from "./table-directory.ts";

let redis: RedisProcess;
let clusters = 0;
before(async () => {
  redis = await RedisProcess.start();
});
after(() => redis.end());

const ttlMs = 400;
const ports = () => ({
  clock: nodeClock,
  timers: new TimerQueue(nodeClock, new NodeTimers(nodeClock)),
  random: nodeRandom(),
  log: { write: () => {} },
});
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const connect = (cluster: string, withinMs = 5_000): Promise<RedisDirectory> =>
  RedisDirectory.connect(ports(), {
    place: { kind: "server", options: { host: "127.0.0.1", port: redis.port } },
    cluster,
    ttlMs,
    withinMs,
  });

async function place(): Promise<DirectoryPlace> {
  clusters += 1;
  const directory = await connect(`contract-${clusters}`);
  await warm(directory);
  return {
    directory,
    ttlMs,
    pass,
    until: (promise) => promise,
    end: () => Promise.resolve(directory.disconnect()),
  };
}

directoryContract("Redis", place);

/** What is new has no sessions to wait for, but the directory cannot know: it waits all the same. */
async function warm(directory: RedisDirectory): Promise<RedisDirectory> {
  await directory.put({ key: "warm", value: 0, expect: "any" });
  await directory.remove({ key: "warm", expect: "any" });
  return directory;
}

const a1 = { name: "a", incarnation: 1 };
const b1 = { name: "b", incarnation: 1 };
const open = (directory: RedisDirectory, node: typeof a1) =>
  directory.open({ node, ttlMs, record: null, predecessor: "unknown" });

test("Redis does what the table does, over random histories", async () => {
  const longMs = 60_000;
  const history = fc.array(
    step.filter(({ kind }) => kind !== "pass" && kind !== "restart"),
    { maxLength: 30 },
  );
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      histories += 1;
      const directory = await warm(await connect(`history-${histories}`));
      const table = new TableDirectory();
      for (const action of steps) {
        const expected = await outcomeOf(table, action, longMs);
        assert.equal(await outcomeOf(directory, action, longMs), expected);
        assert.deepEqual(await stateOf(directory), await stateOf(table));
      }
      directory.disconnect();
    }),
    { numRuns: 12 },
  );
});

test("a Redis that may forget is refused, unless that is accepted", async () => {
  await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
  try {
    await assert.rejects(connect("volatile"), { code: "invalid" });
    const directory = await RedisDirectory.connect(ports(), {
      place: { kind: "server", options: { host: "127.0.0.1", port: redis.port } },
      cluster: "volatile",
      allowVolatile: true,
    });
    directory.disconnect();
  } finally {
    await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
  }
});

test("after a flush all sessions are lost, nothing is claimed for a ttl, and fences go on", async () => {
  const directory = await warm(await connect("flush"));
  await open(directory, a1);
  const old = await directory.put({ key: "names/x", value: 1, session: a1, expect: "absent" });
  await redis.command("FLUSHALL");
  const flushedMs = Date.now();
  assert.equal(await codeOf(directory.renew(a1)), "session_lost");
  await open(directory, b1);
  const renewing = setInterval(() => void directory.renew(b1), ttlMs / 4);
  const next = await directory.put({ key: "names/x", value: 2, session: b1, expect: "absent" });
  clearInterval(renewing);
  assert.ok(Date.now() - flushedMs >= ttlMs, "whoever had it has stopped by then");
  assert.ok(next.revision > old.revision);
  directory.disconnect();
});

test("while Redis stands still calls wait, then fail; when it goes on, they are done", async () => {
  const directory = await connect("frozen", 400);
  await open(directory, a1);
  redis.signal("SIGSTOP");
  try {
    const startMs = Date.now();
    const claim = { key: "names/x", value: 1, session: a1, expect: "absent" } as const;
    assert.equal(await codeOf(directory.put(claim)), "unavailable");
    assert.ok(Date.now() - startMs < 3_000);
  } finally {
    redis.signal("SIGCONT");
  }
  await pass(50);
  assert.notEqual(await codeOf(directory.get("names/x")), "unavailable");
  directory.disconnect();
});

test("a Redis that is killed and started anew keeps entries, loses sessions, and splits nothing", async () => {
  const directory = await connect("killed");
  const watching = await connect("killed");
  const told: string[] = [];
  const end = watching.watch("names/", {
    lost: () => told.push("lost"),
    changed: (changes) => told.push(...changes.map(({ kind }) => kind)),
  });
  await directory.put({ key: "kept", value: "x", expect: "any" });
  await open(directory, a1);
  const old = await directory.put({ key: "names/x", value: 1, session: a1, expect: "absent" });
  for (let waits = 0; told.length < 2 && waits < 200; waits += 1) await pass(10);
  assert.deepEqual(told, ["lost", "put"]);
  await pass(1_100);
  await redis.kill();
  const during = directory.get("kept");
  await redis.startAgain();
  assert.equal((await during)?.value, "x", "who asked meanwhile waited");
  assert.equal(await codeOf(directory.renew(a1)), "session_lost");
  await open(directory, b1);
  const renewing = setInterval(() => void directory.renew(b1), ttlMs / 4);
  const next = await directory.put({ key: "names/x", value: 2, session: b1, expect: "absent" });
  clearInterval(renewing);
  assert.ok(next.revision > old.revision);
  for (
    let waits = 0;
    told.filter((what) => what === "lost").length < 2 && waits < 300;
    waits += 1
  ) {
    await pass(10);
  }
  assert.equal(told.filter((what) => what === "lost").length, 2, "who watches lists anew");
  end();
  directory.disconnect();
  watching.disconnect();
});
