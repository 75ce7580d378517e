// The rules that rows keep among each other. Each query finds the rows that break its rule.
import type { Database } from "better-sqlite3";

const rules: readonly (readonly [rule: string, query: string])[] = [
  [
    "a running task has a lease with its fence and attempt",
    `SELECT task_id FROM tasks WHERE status = 'running' AND NOT EXISTS (
      SELECT 1 FROM leases WHERE leases.task_id = tasks.task_id AND leases.fence = tasks.fence
        AND leases.attempt = tasks.attempt)`,
  ],
  [
    "a lease belongs to a running task",
    `SELECT task_id FROM leases WHERE NOT EXISTS (
      SELECT 1 FROM tasks WHERE tasks.task_id = leases.task_id AND tasks.status = 'running')`,
  ],
  [
    "an ended task has its time of end and an expiry, a living one neither",
    `SELECT task_id FROM tasks WHERE (status IN ('completed', 'failed', 'cancelled', 'timed_out',
      'evicted')) <> (finished_at IS NOT NULL AND result_expires_at IS NOT NULL)`,
  ],
  ["tasks lie in the order of their arrival", "SELECT task_id FROM tasks WHERE rowid <> seq"],
  [
    "no fence is newer than the sequence",
    "SELECT task_id FROM tasks WHERE fence > (SELECT value FROM sequences WHERE name = 'fence')",
  ],
  [
    "no arrival number is newer than the sequence",
    "SELECT task_id FROM tasks WHERE seq > (SELECT value FROM sequences WHERE name = 'task_seq')",
  ],
  [
    "no event is newer than the sequence",
    `SELECT channel FROM events
      WHERE event_id > (SELECT value FROM sequences WHERE name = 'event_id')`,
  ],
  [
    "the newest attempt of a task is recorded",
    `SELECT task_id FROM tasks WHERE attempt > 0 AND NOT EXISTS (SELECT 1 FROM attempts
      WHERE attempts.task_id = tasks.task_id AND attempts.attempt = tasks.attempt)`,
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
  [
    "attempts and questions belong to a task",
    `SELECT task_id FROM attempts WHERE task_id NOT IN (SELECT task_id FROM tasks)
      UNION SELECT task_id FROM confirmations WHERE task_id NOT IN (SELECT task_id FROM tasks)`,
  ],
  [
    "the numbers of a channel's events are dense",
    `SELECT channel FROM events GROUP BY channel HAVING max(seq) - min(seq) + 1 <> count(*)`,
  ],
];

export function* brokenRules(database: Database): Generator<string> {
  for (const [rule, query] of rules) {
    for (const subject of database.prepare(query).pluck().all()) {
      yield `${subject} breaks the rule that ${rule}`;
    }
  }
}
