import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { inspectDatabase } from "#actors/store/sqlite/store-inspection.ts";
import { storePolicyDefault } from "#actors/store/store-policy.ts";
import { createStore, fillStore, startMs } from "./sqlite-store-fixture.ts";

/** Kept by SQLite, or by the steps of the schema with checksums of their own. */
const notOurs = new Set(["sqlite_sequence", "sqlite_stat1", "sqlite_stat4", "schema_migrations"]);

/** A value with one bit turned, of the same kind. */
function flipped(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value ^ 64 : value + 0.5;
  if (Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    return bytes;
  }
  if (typeof value === "string" && value.length > 0) {
    const last = value.length - 1;
    return value.slice(0, last) + String.fromCharCode(value.charCodeAt(last) ^ 64);
  }
  return value === null || value === "" ? 1 : value;
}

test("a byte that flips in any column of any table is found by a check", (t) => {
  const store = createStore(t);
  fillStore(store);
  store.do({
    method: "appendEvents",
    args: [[{ channel: "room:c", type: "x", taskId: null, payload: {} }]],
  });
  store.store.close();
  const database = new Database(store.path);
  t.after(() => database.close());
  database.pragma("foreign_keys = OFF");
  database.pragma("ignore_check_constraints = ON");
  database.exec("DROP TRIGGER tasks_ended_stay");
  database.exec(
    "INSERT INTO tombstones VALUES ('gone', 5, 0); INSERT INTO channel_heads VALUES ('d', 3, 0)",
  );
  const look = () => inspectDatabase(database, { nowMs: startMs, policy: storePolicyDefault });
  assert.equal(look().length, 2, "what was planted without a checksum");
  const tables = database
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all()
    .filter((name) => !notOurs.has(name));
  database.exec("DELETE FROM tombstones; DELETE FROM channel_heads");
  assert.deepEqual(look(), []);
  let flips = 0;
  for (const table of tables) {
    const columns = database
      .prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`)
      .pluck()
      .all();
    const row = database
      .prepare<[], Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY 1 LIMIT 1`)
      .get();
    if (!row) continue;
    const where = columns.map((column) => `${column} IS ?`).join(" AND ");
    for (const column of columns) {
      const former: unknown[] = columns.map((name) => row[name]);
      const value = flipped(row[column]);
      database.exec("SAVEPOINT flip");
      const change = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`);
      assert.equal(change.run(value, ...former).changes, 1, `${table}.${column}`);
      assert.notDeepEqual(look(), [], `${table}.${column} from ${row[column]} to ${value}`);
      database.exec("ROLLBACK TO flip; RELEASE flip");
      flips += 1;
    }
  }
  assert.ok(flips > 130, `${flips} columns had a row`);
});
