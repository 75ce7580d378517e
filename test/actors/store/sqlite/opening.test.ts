import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { migrate, openTaskDatabase } from "#actors/store/sqlite/tables.ts";
import { createStore, file, startMs, temporaryFolder } from "./store-fixture.ts";

const options = (path: string) => ({ path, nowMs: startMs, makeId: () => "task-1" });

test("tasks, leases, results and counts are the same after the file is opened anew", (t) => {
  const store = createStore(t);
  store.submit({ inputs: [file("image", 10)] });
  const running = store.submit({ priority: 0 });
  const lease = store.claimOne();
  assert.equal(lease.taskId, running);
  const before = { counts: store.counts(), view: store.view(running) };
  store.reopen();
  assert.deepEqual({ counts: store.counts(), view: store.view(running) }, before);
  assert.equal(store.complete(lease).kind, "committed");
  store.reopen();
  assert.equal(store.outcome(running)?.status, "completed");
  assert.deepEqual(store.problems(), []);
});

test("the database syncs fully on each commit and leaves checkpoints to the store", (t) => {
  const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
  const seen = (name: string) => database.pragma(name, { simple: true });
  assert.deepEqual(
    ["journal_mode", "synchronous", "foreign_keys", "auto_vacuum", "wal_autocheckpoint"].map(seen),
    ["wal", 2, 1, 2, 0],
  );
  assert.deepEqual(
    ["busy_timeout", "temp_store", "cache_size", "journal_size_limit"].map(seen),
    [5000, 2, -65536, 67108864],
  );
  database.close();
});

test("the tasks table begins with the 23 columns of the source, in order", (t) => {
  const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
  migrate(database, { nowMs: startMs });
  const names = database.prepare("SELECT name FROM pragma_table_info('tasks')").pluck().all();
  assert.equal(
    names.slice(0, 23).join(" "),
    "task_id task_type name description required_skills optional_skills status priority " +
      "assigned_node submitted_at scheduled_at started_at completed_at parameters timeout " +
      "retry_count max_retries user_id affinity_tags result error metadata created_at",
  );
  database.close();
});

test("schema steps run once, in order, and a failing step leaves nothing behind", (t) => {
  const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
  const first = { version: 1, name: "first", sql: "CREATE TABLE a (x)" };
  const broken = { version: 2, name: "second", sql: "CREATE TABLE b (x); CREATE TABLE a (x)" };
  const tables = () =>
    database.prepare("SELECT name FROM sqlite_schema WHERE length(name) = 1").pluck().all();
  migrate(database, { nowMs: startMs, steps: [first] });
  migrate(database, { nowMs: startMs, steps: [first] });
  assert.throws(
    () => migrate(database, { nowMs: startMs, steps: [first, broken] }),
    /already exists/,
  );
  assert.deepEqual(tables(), ["a"]);
  migrate(database, { nowMs: startMs, steps: [first, { ...broken, sql: "CREATE TABLE b (x)" }] });
  assert.deepEqual(tables(), ["a", "b"]);
  database.close();
});

test("a file from a newer program, or with altered steps, is refused", (t) => {
  const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
  const step = { version: 1, name: "first", sql: "CREATE TABLE a (x)" };
  migrate(database, { nowMs: startMs, steps: [step] });
  assert.throws(() => migrate(database, { nowMs: startMs, steps: [] }), /newer than this program/);
  const altered = [{ ...step, sql: "CREATE TABLE a (y)" }];
  assert.throws(() => migrate(database, { nowMs: startMs, steps: altered }), /another text/);
  database.close();
});

test("a database of another program is refused and stays as it is", (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const other = new Database(path);
  other.exec("CREATE TABLE theirs (x)");
  other.close();
  const before = readFileSync(path);
  assert.throws(() => SqliteStore.open(options(path)), {
    code: "store_failed",
    message: /another program/,
  });
  assert.deepEqual(readFileSync(path), before);
});

test("a file that is no database is refused and stays as it is", (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  writeFileSync(path, "this is a letter, not a database, and it is long enough to be read as one");
  assert.throws(() => SqliteStore.open(options(path)), {
    code: "corrupt",
    message: /put it aside/,
  });
  assert.match(readFileSync(path, "utf8"), /^this is a letter/);
});

test("a path that cannot hold a database fails clearly", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "tasks.db"));
  assert.throws(() => SqliteStore.open(options(join(folder, "tasks.db"))), {
    code: "store_failed",
  });
  writeFileSync(join(folder, "plain"), "");
  assert.throws(() => SqliteStore.open(options(join(folder, "plain", "tasks.db"))), {
    code: "store_failed",
  });
});

test("a second store on the file, or a link to it, is refused until the first closes", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "tasks.db");
  const first = SqliteStore.open(options(path));
  symlinkSync(path, join(folder, "link.db"));
  for (const second of [path, join(folder, "link.db")]) {
    assert.throws(() => SqliteStore.open(options(second)), {
      code: "store_failed",
      message: new RegExp(`in use by this process already \\(pid ${process.pid}\\)`),
    });
  }
  first.close();
  SqliteStore.open(options(path)).close();
});

test("the file can be read from outside while the store works", (t) => {
  const store = createStore(t);
  store.submit();
  const reader = new Database(store.path, { readonly: true });
  assert.equal(reader.prepare("SELECT count(*) FROM tasks").pluck().get(), 1);
  store.submit();
  assert.equal(reader.prepare("SELECT count(*) FROM tasks").pluck().get(), 2);
  reader.close();
});
