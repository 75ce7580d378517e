import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { attemptStatements } from "#actors/store/sqlite/rows/attempt-rows.ts";
import { confirmationStatements } from "#actors/store/sqlite/rows/confirmation-rows.ts";
import { dueStatements } from "#actors/store/sqlite/rows/due-tasks.ts";
import { eventStatements } from "#actors/store/sqlite/rows/event-rows.ts";
import { trimStatements } from "#actors/store/sqlite/rows/event-trim.ts";
import { fairStatements } from "#actors/store/sqlite/rows/fair-times.ts";
import { fileStatements } from "#actors/store/sqlite/rows/file-rows.ts";
import { keyStatements } from "#actors/store/sqlite/rows/key-rows.ts";
import { leaseStatements } from "#actors/store/sqlite/rows/lease-book.ts";
import { readyStatements } from "#actors/store/sqlite/rows/ready-index.ts";
import { listStatements } from "#actors/store/sqlite/rows/task-list.ts";
import { taskStatements } from "#actors/store/sqlite/rows/task-rows.ts";
import { waitingStatements } from "#actors/store/sqlite/rows/waiting-users.ts";
import { childrenStatement } from "#actors/store/sqlite/shelf-tables.ts";
import { migrate, openTaskDatabase } from "#actors/store/sqlite/task-file.ts";
import { startMs, temporaryFolder } from "./sqlite-store-fixture.ts";

/** What is read as a whole on purpose: when the store opens, or in a quiet moment. */
const wholeReads: ReadonlySet<string> = new Set([leaseStatements.all, fairStatements.past]);

const statements: readonly string[] = [
  ...[attemptStatements, confirmationStatements, eventStatements, trimStatements],
  ...[fairStatements, fileStatements, keyStatements, leaseStatements, readyStatements],
  ...[listStatements, taskStatements, waitingStatements],
]
  .flatMap((group) => Object.values<string>(group))
  .concat(dueStatements, childrenStatement);

test("every statement finds its rows by an index, and none sorts", (t) => {
  const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
  t.after(() => database.close());
  migrate(database, { nowMs: startMs });
  for (const statement of statements) {
    if (wholeReads.has(statement)) continue;
    const plan = database
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement.replace(/[?]|:\w+/g, "1")}`)
      .all()
      .map(({ detail }) => detail);
    for (const step of plan) {
      const isBounded =
        !/^SCAN/.test(step) ||
        // In the order of an index or of arrival, up to a limit; or over what was just made.
        /USING (COVERING )?INDEX|^SCAN (kinds|CONSTANT ROW|\d+-ROW VALUES CLAUSE|\(subquery)/.test(
          step,
        ) ||
        /ORDER BY (event_id|rowid) LIMIT/.test(statement);
      assert.ok(isBounded, `${step}\n${statement}`);
      assert.doesNotMatch(step, /TEMP B-TREE/, statement);
    }
  }
});

for (const [what, statement, index] of [
  ["a claim", readyStatements.first, "tasks_ready (queue=? AND needs=?)"],
  ["what kinds of work wait", readyStatements.needs, "tasks_ready"],
  ["the victim of an overflow", readyStatements.worst, "tasks_ready (queue=? AND needs=?)"],
  ["a page of a channel", eventStatements.page, "events_channel (channel=? AND seq>?)"],
  ["the head of a channel", eventStatements.last, "events_channel (channel=?)"],
  ["a task", taskStatements.task, "sqlite_autoindex_tasks_1 (task_id=?)"],
  ["tasks of a state", listStatements.part, "tasks_status (queue=? AND status=? AND rowid>?)"],
  [
    "how many of a user wait",
    waitingStatements.count,
    "tasks_user_waiting (user_id=? AND queue=?)",
  ],
] as const) {
  test(`${what} is found by ${index}`, (t) => {
    const database = openTaskDatabase(join(temporaryFolder(t), "tasks.db"));
    t.after(() => database.close());
    migrate(database, { nowMs: startMs });
    const plan = database
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement.replace(/[?]|:\w+/g, "1")}`)
      .all()
      .map(({ detail }) => detail);
    assert.ok(
      plan.some((step) => step.includes(index)),
      plan.join("\n"),
    );
  });
}
