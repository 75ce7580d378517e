import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sql } from "#actors/store/sqlite/statements.ts";
import { migrate, openTaskDatabase } from "#actors/store/sqlite/tables.ts";
import { startMs, temporaryFolder } from "./store-fixture.ts";

const plans: readonly (readonly [statement: keyof typeof sql, index: RegExp])[] = [
  ["ready", /USING INDEX tasks_ready \(queue=\? AND model_name=\?\)/],
  ["promoteDue", /USING COVERING INDEX tasks_due \(run_at<\?\)/],
  ["expiredLeases", /USING COVERING INDEX leases_expiry|USING INDEX leases_expiry/],
  ["leasesOfNode", /USING INDEX leases_node \(node_id=\?\)/],
  ["expiredTasks", /USING INDEX tasks_ttl \(result_expires_at/],
  ["expiredKeys", /USING INDEX idempotency_expiry \(expires_at<\?\)/],
  ["task", /USING INDEX sqlite_autoindex_tasks_1 \(task_id=\?\)/],
  ["completeTask", /USING INDEX sqlite_autoindex_tasks_1 \(task_id=\?\)/],
  ["endTask", /USING INDEX sqlite_autoindex_tasks_1 \(task_id=\?\)/],
  ["returnTask", /USING INDEX sqlite_autoindex_tasks_1 \(task_id=\?\)/],
  ["renewLease", /SEARCH leases USING PRIMARY KEY \(task_id=\?\)/],
  ["inputs", /USING INDEX sqlite_autoindex_task_inputs_1 \(task_id=\?\)/],
  ["results", /USING INDEX sqlite_autoindex_results_1 \(task_id=\?\)/],
  ["idempotencyKey", /USING PRIMARY KEY \(scope=\? AND key=\?\)/],
  ["nextAt", /tasks_due[\s\S]*idempotency_expiry[\s\S]*tasks_ttl/],
];

test("each hot statement searches its index, sorts nothing and scans no table", (t) => {
  const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
  migrate(database, { nowMs: startMs });
  for (const [name, expected] of plans) {
    const text = sql[name].replaceAll(/:\w+|\?/g, "1");
    const rows = database
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
      .all()
      .map(({ detail }) => detail);
    const plan = rows.join("\n");
    assert.match(plan, expected, `${name}: ${plan}`);
    assert.doesNotMatch(plan, /SCAN tasks$|SCAN leases$|USE TEMP B-TREE/m, `${name}: ${plan}`);
  }
  database.close();
});
