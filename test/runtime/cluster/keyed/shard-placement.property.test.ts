// Where shards belong, for any hosts: balance, agreement, and that no more moves than has to.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hostsOfShards, shardOf } from "#runtime/cluster/keyed/shard-placement.ts";

const kind = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
const hosts = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), {
  minLength: 1,
  maxLength: 12,
});
const shards = fc.integer({ min: 1, max: 512 });

test("a host that comes takes shards from others, and no shard moves between those", () => {
  fc.assert(
    fc.property(kind, hosts, shards, (name, all, count) => {
      const [newcomer = "", ...others] = all;
      fc.pre(others.length > 0);
      const before = hostsOfShards({ kind: name, shards: count }, others);
      const after = hostsOfShards({ kind: name, shards: count }, all);
      for (const [shard, host] of after.entries()) {
        assert.ok(host === newcomer || host === before[shard]);
      }
    }),
  );
});

test("all who know the same hosts agree, in whatever order they know them", () => {
  fc.assert(
    fc.property(kind, hosts, shards, fc.integer(), (name, all, count, seed) => {
      const shuffled = all.toSorted((a, b) => ((a.length * seed) % 7) - ((b.length * seed) % 7));
      const placed = { kind: name, shards: count };
      assert.deepEqual(hostsOfShards(placed, all), hostsOfShards(placed, shuffled));
    }),
  );
});

test("shards are spread evenly, as are keys", () => {
  for (const count of [2, 3, 5, 8]) {
    const names = Array.from({ length: count }, (_, index) => `node-${index}`);
    const placed = hostsOfShards({ kind: "account", shards: 4_096 }, names);
    for (const name of names) {
      const share = placed.filter((host) => host === name).length / (4_096 / count);
      assert.ok(share > 0.85 && share < 1.15, `${name} has ${share} of its share`);
    }
  }
  const keys = new Map<number, number>();
  for (let key = 0; key < 25_600; key += 1) {
    const shard = shardOf(`user:${key}`, 256);
    keys.set(shard, (keys.get(shard) ?? 0) + 1);
  }
  assert.equal(keys.size, 256);
  assert.ok(Math.max(...keys.values()) < 160 && Math.min(...keys.values()) > 55);
});

test("a key's shard is one of them, and without hosts nobody has it", () => {
  fc.assert(
    fc.property(fc.string(), shards, (key, count) => {
      const shard = shardOf(key, count);
      assert.ok(Number.isInteger(shard) && shard >= 0 && shard < count);
      assert.equal(shardOf(key, count), shard);
    }),
  );
  assert.deepEqual(hostsOfShards({ kind: "account", shards: 2 }, []), [undefined, undefined]);
});
