// Looks for damage: SQLite's own check, every count taken again, the rules that rows must keep, and
// the checksums of what still waits or runs. Result files are checked when they are read.
import type { Database } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import type { Prepared } from "./prepared.ts";
import { readFiles } from "./stored-files.ts";
import { checkOutcome, checkPayload } from "./task-rows.ts";

const problemsMax = 100;

/** Each query finds the rows that break its rule. */
const rules: readonly (readonly [rule: string, query: string])[] = [
  [
    "a running task has a lease with its fence",
    `SELECT task_id FROM tasks WHERE status = 'running' AND NOT EXISTS (
      SELECT 1 FROM leases WHERE leases.task_id = tasks.task_id AND leases.fence = tasks.fence)`,
  ],
  [
    "a lease belongs to a running task",
    `SELECT task_id FROM leases WHERE NOT EXISTS (
      SELECT 1 FROM tasks WHERE tasks.task_id = leases.task_id AND tasks.status = 'running')`,
  ],
  [
    "an ended task has its time of end and an expiry, a living one neither",
    `SELECT task_id FROM tasks WHERE (status IN ('completed', 'failed', 'cancelled', 'timed_out',
      'evicted'))
      <> (finished_at IS NOT NULL AND result_expires_at IS NOT NULL)`,
  ],
  [
    "no fence is newer than the sequence",
    "SELECT task_id FROM tasks WHERE fence > (SELECT value FROM sequences WHERE name = 'fence')",
  ],
  [
    "no arrival number is newer than the sequence",
    "SELECT task_id FROM tasks WHERE seq > (SELECT value FROM sequences WHERE name = 'task_seq')",
  ],
  [
    "each attempt of a task is recorded",
    `SELECT task_id FROM tasks WHERE attempt <>
      (SELECT count(*) FROM attempts WHERE attempts.task_id = tasks.task_id)`,
  ],
  [
    "a task's count by status agrees with a recount",
    `SELECT status FROM task_counts LEFT JOIN (
        SELECT status, count(*) AS seen, sum(payload_bytes) AS seen_bytes
          FROM tasks GROUP BY status)
      USING (status)
      WHERE count <> coalesce(seen, 0) OR bytes <> coalesce(seen_bytes, 0)`,
  ],
  [
    "a store has one epoch",
    "SELECT 'meta' WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'store_epoch')",
  ],
  [
    "files belong to a task",
    `SELECT task_id FROM task_inputs WHERE task_id NOT IN (SELECT task_id FROM tasks)
      UNION SELECT task_id FROM results WHERE task_id NOT IN (SELECT task_id FROM tasks)`,
  ],
];

/** At most 100 problems, as sentences; none when all is well. Reads the whole database. */
export function problemsOf(database: Database, prepared: Prepared): readonly string[] {
  const problems: string[] = [];
  const note = (problem: string) => problems.length < problemsMax && problems.push(problem);
  for (const row of database.prepare("PRAGMA integrity_check(100)").pluck().iterate()) {
    if (row !== "ok") note(`SQLite: ${row}`);
  }
  for (const [rule, query] of rules) {
    for (const subject of database.prepare(query).pluck().iterate()) {
      note(`${subject} breaks the rule that ${rule}`);
    }
  }
  const taskIds = database.prepare<[], string>("SELECT task_id FROM tasks").pluck();
  for (const taskId of taskIds.iterate()) {
    const problem = damageOf(prepared, taskId);
    if (problem) note(problem);
  }
  return problems;
}

function damageOf(prepared: Prepared, taskId: string): string | undefined {
  const row = prepared.task.get(taskId);
  if (!row) return `task ${taskId} is indexed, but its row is missing`;
  try {
    checkPayload(row);
    checkOutcome(row);
    if (row.finishedAt === null) {
      readFiles(taskId, prepared.inputs.all(taskId), {
        what: "input",
        count: row.inputCount,
        size: null,
      });
    }
    return undefined;
  } catch (cause) {
    if (cause instanceof Failure) return cause.detail;
    throw cause;
  }
}
