import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import Type from "typebox";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import {
  bytes,
  flag,
  integer,
  json,
  orNull,
  real,
  text,
} from "#actors/store/records/record-column.ts";
import { recordTable } from "#actors/store/records/record-table.ts";
import { SqliteRecords } from "#actors/store/sqlite/sqlite-records.ts";
import { onSqlite } from "./record-fixture.ts";

const table = recordTable({
  name: "things",
  columns: {
    id: text("id"),
    group: text("grp"),
    at: orNull(integer("at")),
    size: real("size"),
    isOpen: flag("open"),
    words: json("words", Type.Array(Type.String())),
    blob: orNull(bytes("blob")),
  },
  key: ["id"],
  indexes: {
    time: { on: ["group", "at"] },
    unsized: { on: ["size"], where: ["at", null] },
  },
});
const things = `CREATE TABLE things (id TEXT PRIMARY KEY, grp TEXT, at INTEGER, size REAL, open INTEGER,
  words TEXT, blob BLOB, row_check INTEGER);
  CREATE INDEX things_time ON things(grp, at, id);
  CREATE INDEX things_unsized ON things(size, id) WHERE at IS NULL;`;

const thing = (id: string, changes: object = {}) => ({
  id,
  group: "g",
  at: null,
  size: 0,
  isOpen: false,
  words: [],
  blob: null,
  ...changes,
});

test("what is undone was never there, in any index", () => {
  const records = new MemoryRecords();
  records.put(table, thing("a", { at: 1 }), undefined);
  records.undoable(() => {});
  const attempt = () =>
    records.undoable(() => {
      const former = records.get(table, ["a"]);
      records.put(table, thing("a", { at: 9 }), former);
      records.put(table, thing("b", { at: 2 }), undefined);
      records.trim(table, "time", { equal: ["g"], limit: 1 });
      throw new Error("refused");
    });
  assert.throws(attempt, /refused/);
  assert.deepEqual(records.scan(table, "time", { limit: 10 }), [thing("a", { at: 1 })]);
  assert.deepEqual(records.scan(table, "key", { limit: 10 }), [thing("a", { at: 1 })]);
});

test("a row that is not as it was read is not written over", () => {
  const records = new MemoryRecords();
  records.put(table, thing("a"), undefined);
  assert.throws(() => records.put(table, thing("a"), undefined), /internal: things \(a\)/);
  const stale = thing("a", { size: 1 });
  assert.throws(() => records.put(table, thing("a", { size: 2 }), stale), /internal/);
  assert.throws(() => records.drop(table, stale), /internal/);
  assert.throws(() => records.put(table, thing("b", { size: "x" }), undefined), /invalid/);
  assert.deepEqual(records.scan(table, "key", { limit: 10 }), [thing("a")]);
});

test("who changes what he was given changes nothing that is kept", () => {
  const records = new MemoryRecords();
  const words = ["one"];
  records.put(table, thing("a", { words }), undefined);
  words.push("two");
  records.get(table, ["a"])?.words.push("three");
  assert.deepEqual(records.get(table, ["a"])?.words, ["one"]);
});

const id = fc.constantFrom("", "a", "b", "é", "\u{1f30d}", "\uffee", "a\u0000", "A");
const step = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    row: fc.record({
      id,
      group: id,
      at: fc.option(fc.integer({ min: -3, max: 3 })),
      size: fc.constantFrom(0, -0, 1.5, -2, 1e300, 2 ** 53),
      isOpen: fc.boolean(),
      words: fc.array(id, { maxLength: 2 }),
      blob: fc.option(fc.uint8Array({ maxLength: 3 })),
    }),
  }),
  fc.record({ kind: fc.constant("drop" as const), id }),
  fc.record({
    kind: fc.constantFrom("scan" as const, "trim" as const),
    index: fc.constantFrom("key" as const, "time" as const, "unsized" as const),
    group: fc.option(id),
    low: fc.option(fc.integer({ min: -3, max: 3 })),
    high: fc.option(fc.integer({ min: -3, max: 3 })),
    order: fc.constantFrom("up" as const, "down" as const),
    limit: fc.integer({ min: 0, max: 5 }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function rangeOf(asked: Extract<Step, { kind: "scan" | "trim" }>) {
  const { index, group, low, high, order, limit } = asked;
  const isText = index === "key" || (index === "time" && group === null);
  const bound = (value: number | null) =>
    value === null ? undefined : isText ? String.fromCodePoint(98 + value) : value;
  const [from, before] = [bound(low), bound(high)];
  return {
    ...(group !== null && index === "time" ? { equal: [group] } : {}),
    ...(from === undefined ? {} : { from }),
    ...(before === undefined ? {} : { before }),
    order,
    limit,
  };
}

function play(records: MemoryRecords | SqliteRecords, asked: Step): unknown {
  if (asked.kind === "put") {
    records.put(table, asked.row, records.get(table, [asked.row.id]));
    return records.get(table, [asked.row.id]);
  }
  if (asked.kind === "drop") {
    const found = records.get(table, [asked.id]);
    if (found) records.drop(table, found);
    return found;
  }
  if (asked.kind === "scan") return records.scan(table, asked.index, rangeOf(asked));
  return records.trim(table, asked.index, rangeOf(asked));
}

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part)) ?? "";

test("memory and SQLite answer every history of writes and ranges alike", (t) => {
  const { database } = onSqlite(t);
  database.exec(things);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      database.exec("DELETE FROM things");
      database.exec("BEGIN");
      const [memory, sqlite] = [new MemoryRecords(), new SqliteRecords(database)];
      try {
        for (const asked of steps) {
          assert.equal(plain(play(memory, asked)), plain(play(sqlite, asked)), plain(asked));
        }
        assert.deepEqual(sqlite.check(table), []);
        assert.deepEqual(memory.check(table), []);
      } finally {
        database.exec("COMMIT");
      }
    }),
    { numRuns: 300 },
  );
});

test("thousands of rows stay in order while they come and go", () => {
  const records = new MemoryRecords();
  const rowAt = (number: number) =>
    thing(`id-${number}`, { at: (number * 7_919) % 10_007, group: "g" });
  for (let number = 0; number < 5_000; number++) records.put(table, rowAt(number), undefined);
  for (let number = 0; number < 5_000; number += 3) records.drop(table, rowAt(number));
  const found = records.scan(table, "time", { equal: ["g"], limit: 10_000 });
  const times = found.map(({ at }) => at ?? 0);
  assert.equal(times.length, 3_333);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const down = records.scan(table, "time", { equal: ["g"], order: "down", limit: 10_000 });
  assert.deepEqual(down, found.toReversed());
});
