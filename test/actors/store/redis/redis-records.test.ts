// Records in Redis are found, kept and forgotten as the memory store does it, whatever is done to them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Redis } from "ioredis";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import type { RecordRange, RecordShelf } from "#actors/store/record-shelf.ts";
import { compareCells, integer, orNull, real, text } from "#actors/store/records/record-column.ts";
import { type RowOf, recordTable } from "#actors/store/records/record-table.ts";
import { Keyspace, notFetched } from "#actors/store/redis/keyspace.ts";
import { commandOf } from "#actors/store/redis/keyspace-query.ts";
import { compareMembers, orderedText } from "#actors/store/redis/ordered-member.ts";
import { RedisRecords } from "#actors/store/redis/redis-records.ts";
import { storeKeys } from "#actors/store/redis/redis-store-keys.ts";
import { Failure } from "#protocols/failure.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";

let server: RedisProcess;
let client: Redis;
before(async () => {
  server = await RedisProcess.start();
  client = new Redis({ port: server.port, replyMapping: "legacy" });
});
after(async () => {
  client.disconnect();
  await server.end();
});

const someCell = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer(),
  fc.constantFrom(0, 1, -1, 10, 9, 1e300, -1e300, 5e-324),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "a", "a\u0000", "ab", "a\u0001", "\u0000", "ä", "😀", "\uffff"),
);

test("members sort as the cells that they stand for", () => {
  const rows = fc.array(someCell, { minLength: 2, maxLength: 2 });
  const sign = (value: number): number => Math.sign(value) + 0;
  const property = fc.property(rows, rows, (a, b) => {
    const order = (place: number): number => compareCells(a[place] ?? null, b[place] ?? null);
    const expected = order(0) || order(1);
    assert.equal(sign(compareMembers(orderedText(a), orderedText(b))), sign(expected));
  });
  fc.assert(property, { seed: 11, numRuns: 20_000 });
});

const table = recordTable({
  name: "things",
  columns: {
    name: text("name"),
    place: orNull(text("place")),
    size: orNull(real("size")),
    version: integer("version"),
  },
  key: ["name"],
  indexes: {
    place: { on: ["place", "size"] },
    sized: { on: ["size"], where: ["size", "not null"] },
    unique: { on: ["place", "version"], where: ["place", "not null"], isUnique: true },
  },
});
type Thing = RowOf<typeof table>;

type Act = (records: RecordShelf) => unknown;

/** In one transaction on Redis, as the store does it. */
async function onRedis(keyspace: Keyspace, records: RedisRecords, act: Act): Promise<unknown> {
  for (;;) {
    let answer: unknown;
    try {
      answer = act(records);
    } catch (error) {
      keyspace.undoTo(0);
      if (error !== notFetched) return codeOf(error);
      for (const query of keyspace.wanted) {
        const [name = "", ...words] = commandOf(query);
        keyspace.absorb(query, await client.callBuffer(name, ...words));
      }
      continue;
    }
    for (const [name = "", ...words] of keyspace.changes.commands()) {
      await client.callBuffer(String(name), ...words);
    }
    keyspace.committed();
    return answer;
  }
}

const codeOf = (error: unknown): string => (error instanceof Failure ? error.code : String(error));

function onMemory(records: MemoryRecords, act: Act): unknown {
  try {
    return records.undoable(() => act(records));
  } catch (error) {
    return codeOf(error);
  }
}

const names = fc.constantFrom("a", "b", "a\u0000", "c", "ä", "10", "9");
const places = fc.constantFrom(null, "here", "there", "");
const sizes = fc.constantFrom(null, -2.5, 0, 1, 9, 10, 1e12);
const things = fc.record({ name: names, place: places, size: sizes, version: fc.nat(2) });
const orders = fc.constantFrom("up" as const, "down" as const);
const limits = fc.integer({ min: 1, max: 4 });

const ranges: fc.Arbitrary<readonly ["key" | "place" | "sized", RecordRange]> = fc.oneof(
  fc.record({ from: names, order: orders, limit: limits }).map((range) => ["key", range] as const),
  fc.record({ before: names, limit: limits }).map((range) => ["key", range] as const),
  fc.record({ limit: limits, order: orders }).map((range) => ["place", range] as const),
  fc
    .record({
      equal: fc.constantFrom(["here"], [""]),
      before: fc.constantFrom(0, 10),
      order: orders,
      limit: limits,
    })
    .map((range) => ["place", range] as const),
  fc
    .record({ from: fc.constantFrom(-3, 1), before: fc.constantFrom(2, 1e13), limit: limits })
    .map((range) => ["sized", range] as const),
);

const acts: fc.Arbitrary<Act> = fc.oneof(
  things.map(
    (thing): Act =>
      (records) => {
        records.put<Thing>(table, thing, records.get<Thing>(table, [thing.name]));
      },
  ),
  things.map(
    (thing): Act =>
      (records) =>
        records.put<Thing>(table, thing, undefined),
  ),
  names.map(
    (name): Act =>
      (records) => {
        const thing = records.get<Thing>(table, [name]);
        if (thing) records.drop<Thing>(table, thing);
        return thing;
      },
  ),
  ranges.map(
    ([index, range]): Act =>
      (records) =>
        records.scan(table, index, range),
  ),
  ranges.map(
    ([index, range]): Act =>
      (records) =>
        records.trim(table, index, range),
  ),
);

/** Several acts in one transaction: what is written is seen by what follows. */
const transactions = fc.array(fc.array(acts, { minLength: 1, maxLength: 6 }), { maxLength: 15 });

test("whatever is put, dropped, trimmed and scanned, the answers are those of the memory store", async () => {
  let stores = 0;
  const property = fc.asyncProperty(transactions, async (plan) => {
    stores += 1;
    const keyspace = new Keyspace();
    const redis = new RedisRecords(keyspace, storeKeys(`{records:${stores}}:`));
    const memory = new MemoryRecords();
    for (const together of plan) {
      const act: Act = (records) => together.map((one) => one(records));
      assert.deepEqual(await onRedis(keyspace, redis, act), onMemory(memory, act));
    }
    const all: Act = (records) => [
      records.scan(table, "key", { limit: 100 }),
      records.scan(table, "place", { limit: 100 }),
      records.check(table),
    ];
    const fresh = new Keyspace();
    const reader = new RedisRecords(fresh, storeKeys(`{records:${stores}}:`));
    assert.deepEqual(await onRedis(fresh, reader, all), onMemory(memory, all));
  });
  await fc.assert(property, { seed: 5, numRuns: 150 });
});
