import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Redis } from "ioredis";
import type { StoreCommand } from "#actors/store/backend.ts";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import type {
  RecordArguments,
  RecordMethod,
  RecordValue,
} from "#actors/store/records/record-command.ts";
import { damagedRecords } from "#actors/store/records/record-upkeep.ts";
import { RedisBackend } from "#actors/store/redis/redis-backend.ts";
import { Failure } from "#protocols/failure.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { alertPromises } from "./alert-promises.ts";
import { historyPromises } from "./history-promises.ts";
import { nodeLifePromises } from "./node-life-promises.ts";
import { nodePromises } from "./node-promises.ts";
import { decide, inMemory, type RecordFixture } from "./record-fixture.ts";
import { RedisDriver } from "./redis-driver.ts";
import { plain, play, step } from "./shelf-histories.ts";
import { steeringPromises } from "./steering-promises.ts";

let server: RedisProcess;
let client: Redis;
before(async () => {
  server = await RedisProcess.start({ appendfsync: "always" });
  client = new Redis({ port: server.port });
});
after(async () => {
  client.disconnect();
  await server.end();
});

interface Asked {
  readonly what: string;
  readonly answer: unknown;
  readonly nowMs: number;
  readonly again: (driver: RedisDriver) => Promise<unknown>;
  readonly onStore: (store: RedisBackend) => Promise<unknown>;
}

/** Memory, with a record of all that it is asked and what it answers. */
class RecordingFixture implements RecordFixture {
  readonly #memory: RecordFixture;
  readonly #history: Asked[];

  constructor(memory: RecordFixture, history: Asked[]) {
    this.#memory = memory;
    this.#history = history;
  }

  get nowMs(): number {
    return this.#memory.nowMs;
  }

  set nowMs(nowMs: number) {
    this.#memory.nowMs = nowMs;
  }

  call<M extends RecordMethod>(method: M, ...args: RecordArguments<M>): RecordValue<M> {
    const { nowMs } = this;
    const again = (driver: RedisDriver) =>
      driver.do((records) => decide(records, nowMs, method, args));
    const command = { method, args };
    const onStore = async (store: RedisBackend) => isCommand(command) && store.call(command);
    const what = `${method} ${plain(args)}`;
    const note = (answer: unknown) => this.#history.push({ what, answer, nowMs, again, onStore });
    try {
      const value = this.#memory.call(method, ...args);
      note(structuredClone(value));
      return value;
    } catch (cause) {
      note(Failure.of(cause).code);
      throw cause;
    }
  }

  problems(): readonly string[] {
    return this.#memory.problems();
  }
}

/** The arguments go with the method. */
const isCommand = (_command: { readonly method: string }): _command is StoreCommand => true;

const histories: Asked[][] = [];
for (const promises of [
  nodePromises,
  nodeLifePromises,
  steeringPromises,
  alertPromises,
  historyPromises,
]) {
  promises("memory, recorded", (t) => {
    const history: Asked[] = [];
    histories.push(history);
    return new RecordingFixture(inMemory(t), history);
  });
}

test("Redis answers all that is asked of memory above as memory did", async () => {
  assert.ok(histories.length >= 40);
  for (const [number, history] of histories.entries()) {
    const driver = new RedisDriver(client, `h${number}`);
    for (const { what, answer, again } of history) {
      const seen = await again(driver).catch((cause: unknown) => Failure.of(cause).code);
      assert.deepEqual(seen, answer, what);
    }
    assert.deepEqual(await driver.do(damagedRecords), []);
  }
});

test("the whole store does all that, too, while time passes between its round trips", async () => {
  let atMs = 0;
  let sinceMs = 0;
  for (const [number, history] of histories.entries()) {
    const store = await RedisBackend.open({
      place: { kind: "server", options: { port: server.port } },
      group: `running${number}`,
      timeMs: () => atMs + Math.floor(performance.now() - sinceMs),
    });
    for (const { what, answer, nowMs, onStore } of history) {
      [atMs, sinceMs] = [nowMs, performance.now()];
      const seen = await onStore(store).catch((cause: unknown) => Failure.of(cause).code);
      assert.equal(kindOf(seen), kindOf(answer), what);
    }
    await store.close();
  }
});

/** Times differ, as they pass; that it was refused, and how, does not. */
const kindOf = (answer: unknown): string =>
  typeof answer === "string" ? answer : answer === null ? "none" : "answer";

test("memory and Redis answer every history of writes and ranges alike", async () => {
  let group = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      group += 1;
      const memory = new MemoryRecords();
      const redis = new RedisDriver(client, `r${group}`);
      const other = new RedisDriver(client, `b${group}`);
      const expected = steps.map((asked) => plain(play(memory, asked)));
      for (const [at, asked] of steps.entries()) {
        assert.equal(plain(await redis.do((records) => play(records, asked))), expected[at]);
      }
      // All at once: what is read was written in the same commit.
      const together = await other.do((records) =>
        steps.map((asked) => plain(play(records, asked))),
      );
      assert.deepEqual(together, expected);
    }),
    { numRuns: 100 },
  );
});

test("a row that was changed in Redis is told by its checksum, and by its key", async () => {
  const driver = new RedisDriver(client, "damage");
  const terms = { hostname: "box", platform: "linux", arch: "x64", leaseMs: 1_000 };
  for (const node of ["a", "b", "c"]) {
    await driver.do((records) => decide(records, 1, "registerNode", [{ node, ...terms }]));
  }
  const [key] = await client.keys('*damage}:record:nodes:*"a"*');
  assert.ok(key);
  const row = await client.hgetBuffer(key, "row");
  assert.ok(row);
  row.write("bux", row.indexOf("box"));
  await client.hset(key, "row", row);
  const [gone] = await client.keys('*damage}:record:nodes:*"b"*');
  await client.del(String(gone));
  const fresh = new RedisDriver(client, "damage");
  const look = (node: string) => fresh.do((records) => decide(records, 1, "node", [node]));
  await assert.rejects(look("a"), { code: "corrupt" });
  assert.equal((await look("c"))?.hostname, "box");
  const problems = await fresh.do(damagedRecords);
  assert.equal(problems.length, 2);
  assert.match(problems.join(), /\(a\) of nodes.*\(b\) of nodes/);
});

test("the Redis store keeps records beside its tasks, for whoever opens it next", async () => {
  const open = () =>
    RedisBackend.open({
      place: { kind: "server", options: { port: server.port } },
      group: "whole",
    });
  const terms = { hostname: "box", platform: "linux", arch: "x64", leaseMs: 60_000 };
  const first = await open();
  const all = await Promise.all(
    ["a", "b", "c"].map((node) =>
      first.call({ method: "registerNode", args: [{ node, ...terms }] }),
    ),
  );
  assert.ok(all.every(({ kind }) => kind === "saved"));
  const draft = { layer: "cluster", document: "{}" };
  const drafted = await first.call({ method: "draftConfig", args: [draft] });
  const request = { version: drafted.version, expected: null };
  await first.call({ method: "activateConfig", args: [request] });
  await assert.rejects(
    first.call({ method: "registerNode", args: [{ node: "no name", ...terms }] }),
    {
      code: "invalid",
    },
  );
  await first.close();
  const second = await open();
  const online = await second.call({ method: "onlineNodes", args: [10] });
  assert.deepEqual(
    online.map(({ node }) => node),
    ["a", "b", "c"],
  );
  const again = await second.call({ method: "activateConfig", args: [request] });
  assert.equal(again.kind, "not_draft");
  assert.deepEqual(await second.call({ method: "check", args: [] }), { problems: [] });
  await second.close();
});
