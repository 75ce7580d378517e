import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import { SqliteRecords } from "#actors/store/sqlite/sqlite-records.ts";
import { onSqlite } from "./record-fixture.ts";
import { plain, play, step, table, thing, things } from "./shelf-histories.ts";

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
