import assert from "node:assert/strict";
import { test } from "node:test";
import { ackLevelsOf, checkKeeping, healthOf } from "#actors/store/redis/server-health.ts";
import { isSameStore, lineageText, parseLineage } from "#actors/store/redis/store-lineage.ts";
import { Failure } from "#protocols/failure.ts";

const zeros = "0".repeat(40);

function info(differences: Record<string, string> = {}): string {
  const facts = {
    ...{ run_id: "run-1", role: "master", master_replid2: zeros, second_repl_offset: "-1" },
    ...{ aof_enabled: "1", maxmemory_policy: "noeviction" },
    ...differences,
  };
  return Object.entries(facts)
    .map(([name, value]) => `${name}:${value}`)
    .join("\r\n");
}

const always = new Map([["appendfsync", "always"]]);
const health = (differences: Record<string, string> = {}, settings = always) =>
  healthOf(info(differences), settings);
const recorded = (differences: Record<string, string> = {}) => ({
  lineage: parseLineage(lineageText(health(differences))),
  epoch: "e1",
  commit: 100,
});

test("levels follow from how the server writes and who follows it", () => {
  assert.deepEqual(ackLevelsOf(health({ aof_enabled: "0" })), ["accepted"]);
  const everysec = new Map([["appendfsync", "everysec"]]);
  assert.deepEqual(ackLevelsOf(health({}, everysec)), ["accepted", "process"]);
  assert.deepEqual(ackLevelsOf(health({}, new Map())), ["accepted", "process"]);
  assert.deepEqual(ackLevelsOf(health()), ["accepted", "process", "durable"]);
  const follower = { slave0: "ip=127.0.0.1,port=1,state=online,offset=1,lag=0" };
  assert.deepEqual(ackLevelsOf(health(follower)).at(-1), "replicated");
  const filling = { slave0: "ip=127.0.0.1,port=1,state=wait_bgsave,offset=0,lag=0" };
  assert.deepEqual(ackLevelsOf(health(filling)).at(-1), "durable");
});

test("a server that evicts is refused with the remedy", () => {
  assert.doesNotThrow(() => checkKeeping(health()));
  assert.throws(
    () => checkKeeping(health({ maxmemory_policy: "allkeys-lru" })),
    (error) =>
      error instanceof Failure && error.code === "invalid" && error.detail.includes("noeviction"),
  );
});

test("the same process is the same store, however long it ran", () => {
  assert.equal(isSameStore(recorded(), health(), 100), true);
});

test("a server that was started again with all its data is the same store", () => {
  assert.equal(isSameStore(recorded(), health({ run_id: "run-2" }), 100), true);
});

const forgetful: readonly [string, () => boolean][] = [
  [
    "a server that does not sync each write and was started again",
    () => isSameStore(recorded(), health({ run_id: "run-2" }, new Map()), 0),
  ],
  [
    "a promoted replica",
    () => {
      const promoted = { run_id: "run-2", master_replid2: "abc", second_repl_offset: "77" };
      return isSameStore(recorded(), health(promoted), 0);
    },
  ],
  [
    "a process that was a replica meanwhile",
    () => {
      const promoted = { master_replid2: "abc", second_repl_offset: "77" };
      return isSameStore(recorded(), health(promoted), 0);
    },
  ],
  ["a server with fewer commits than were seen", () => isSameStore(recorded(), health(), 101)],
  ["an empty server", () => isSameStore({ ...recorded(), epoch: undefined }, health(), 0)],
  ["one without a commit", () => isSameStore({ ...recorded(), commit: undefined }, health(), 0)],
  ["one of unknown lineage", () => isSameStore({ ...recorded(), lineage: undefined }, health(), 0)],
];
for (const [what, ask] of forgetful) {
  test(`another store from now on: ${what}`, () => assert.equal(ask(), false));
}
