import assert from "node:assert/strict";
import { test } from "node:test";
import { needsOf } from "#actors/store/decisions/worker-needs.ts";
import { RedisLanes } from "#actors/store/redis/redis-lanes.ts";
import { storeKeys } from "#actors/store/redis/redis-store-keys.ts";
import { numbered } from "#actors/store/redis/task-places.ts";

const keys = storeKeys("{t}:");
const lane = (model: string, batchKey: string) => needsOf({ type: "t", model, batchKey });

/** Sorted sets as a server would have them: the ranks that wait in each lane. */
function queueOf(waiting: Map<string, number[]>) {
  const byKey = () =>
    new Map([...waiting].map(([needs, ranks]) => [keys.ready("q", needs), ranks]));
  return new RedisLanes({
    keys,
    keyspace: {
      hash: () => new Map([...waiting.keys()].map((needs) => [needs, Buffer.from("1")])),
      first: (key, count) =>
        (byKey().get(key) ?? [])
          .slice(0, count)
          .map((rank) => ({ score: rank, member: numbered(rank, `task ${rank}`) })),
    },
  });
}

test("lanes and kinds come by their first tasks, as these are at each look", () => {
  const waiting = new Map([
    [lane("m", "a"), [30, 31]],
    [lane("m", "b"), [10, 40]],
    [lane("n", "a"), [20]],
  ]);
  const lanes = queueOf(waiting);
  const models = () => lanes.kinds("q").map(({ needs }) => needs.model);
  const first = (max: number) => lanes.first("q", lanes.kinds("q")[0]?.text ?? "", max);
  assert.deepEqual(models(), ["m", "n"]);
  assert.deepEqual(first(1), [lane("m", "b")]);
  waiting.set(lane("m", "b"), [40]);
  assert.deepEqual(models(), ["n", "m"]);
  waiting.delete(lane("n", "a"));
  assert.deepEqual(first(9), [lane("m", "a"), lane("m", "b")]);
  // A batch that was undone brings them back.
  waiting.set(lane("n", "a"), [20]);
  waiting.set(lane("m", "b"), [10, 40]);
  assert.deepEqual(models(), ["m", "n"]);
  waiting.clear();
  assert.deepEqual(models(), []);
});
