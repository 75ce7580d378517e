import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordTable } from "#actors/store/records/record-table.ts";
import { recordTables } from "#actors/store/records/record-upkeep.ts";
import { onSqlite } from "./record-fixture.ts";

const sourceColumns: readonly (readonly [name: string, type: string, fallback: string | null])[] = [
  ["node_id", "TEXT", null],
  ["hostname", "TEXT", null],
  ["platform", "TEXT", null],
  ["arch", "TEXT", null],
  ["status", "TEXT", null],
  ["cpu_usage", "REAL", "0"],
  ["memory_usage", "REAL", "0"],
  ["disk_usage", "REAL", "0"],
  ["available_skills", "TEXT", null],
  ["max_concurrent_tasks", "INTEGER", "5"],
  ["running_tasks", "INTEGER", "0"],
  ["ip_address", "TEXT", null],
  ["tailscale_ip", "TEXT", null],
  ["port", "INTEGER", null],
  ["total_tasks_processed", "INTEGER", "0"],
  ["successful_tasks", "INTEGER", "0"],
  ["failed_tasks", "INTEGER", "0"],
  ["average_execution_time", "REAL", "0"],
  ["registered_at", "TIMESTAMP", null],
  ["last_heartbeat", "TIMESTAMP", null],
  ["tags", "TEXT", null],
];

interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly dflt_value: string | null;
}

test("the nodes table begins with the 21 columns that tools know, as they know them", (t) => {
  const { database } = onSqlite(t);
  const columns = database
    .prepare<[], TableColumn>("SELECT * FROM pragma_table_info('nodes')")
    .all();
  assert.deepEqual(
    columns.slice(0, 21).map(({ name, type, dflt_value }) => [name, type, dflt_value]),
    sourceColumns,
  );
});

test("the file's tables and indexes are those that the records declare", (t) => {
  const { database } = onSqlite(t);
  for (const table of recordTables) {
    const columns = database
      .prepare<[string], string>("SELECT name FROM pragma_table_info(?)")
      .pluck()
      .all(table.name);
    assert.deepEqual(columns, [...table.columns.map(({ name }) => name), "row_check"]);
    const declared: RecordTable<object> = table;
    for (const [short, index] of declared.indexes) {
      if (short === "key") continue;
      const found = database
        .prepare<[string], string>("SELECT name FROM pragma_index_info(?)")
        .pluck()
        .all(index.name);
      const expected = index.positions.map((position) => table.columns[position]?.name);
      const wanted = index.isUnique ? expected.slice(0, index.width) : expected;
      assert.deepEqual(found, wanted, index.name);
    }
  }
});

test("a row of every table that a byte flipped in is told by its checksum, and by its key", (t) => {
  const fixture = onSqlite(t);
  const described = { hostname: "box", platform: "linux", arch: "x64" };
  fixture.call("registerNode", { node: "a", ...described, leaseMs: 1_000 });
  fixture.call("registerNode", { node: "b", ...described, leaseMs: 1_000 });
  fixture.call("draftConfig", { layer: "x", document: "{}" });
  fixture.database.prepare("UPDATE nodes SET hostname = 'bux' WHERE node_id = 'a'").run();
  fixture.database.prepare("UPDATE config_versions SET document = '[}'").run();
  assert.throws(() => fixture.call("node", "a"), /corrupt: the row \(a\) of nodes/);
  assert.throws(() => fixture.call("configVersion", 1), /corrupt/);
  assert.equal(fixture.call("node", "b")?.hostname, "box");
  assert.equal(fixture.problems().length, 2);
});

test("what was answered is there after the file was opened again", (t) => {
  const fixture = onSqlite(t);
  const version = fixture.call("draftConfig", { layer: "x", document: '{"a":1}' }).version;
  fixture.call("activateConfig", { version, expected: null });
  fixture.reopen();
  assert.equal(fixture.call("activeConfig", { layer: "x" })?.version, version);
  assert.equal(fixture.call("draftConfig", { layer: "x", document: "{}" }).version, version + 1);
});

test("every index can serve its ranges, both ways, without sorting", (t) => {
  const { database } = onSqlite(t);
  const plans = database.prepare<[], { detail: string }>(
    `EXPLAIN QUERY PLAN SELECT * FROM nodes INDEXED BY nodes_alive
     WHERE status = 'online' AND lease_expires_at < 5 ORDER BY status, lease_expires_at, node_id LIMIT 1`,
  );
  assert.ok(plans.all().every(({ detail }) => !detail.includes("B-TREE")));
});
