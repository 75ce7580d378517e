// A database as the first version of the store wrote it: its tables, and a task in each of its states.
import type Database from "better-sqlite3";
import { migrations } from "#actors/store/sqlite/migrations.ts";
import { migrate, openTaskDatabase } from "#actors/store/sqlite/task-file.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";

export const formerMs = 1_690_000_000_000;

interface Changes {
  readonly [column: string]: string | number | null;
}

export function writeFirstVersion(path: string): void {
  const database = openTaskDatabase(path);
  migrate(database, { nowMs: formerMs, steps: migrations.slice(0, 1) });
  const insert = tasksIn(database);
  insert("old-pending", { priority: 5, input_count: 1 }, {});
  insert("old-scheduled", { status: "scheduled", retry_count: 1, attempt: 1, fence: 1 }, failed);
  insert("old-running", { status: "running", attempt: 1, fence: 2, assigned_node: "n1" }, {});
  insert(
    "old-completed",
    { ...ended("completed"), attempt: 1, fence: 3, result: '{"steps":5}' },
    {
      result: '{"steps":5}',
      resultCount: 1,
      resultBytes: 3,
    },
  );
  insert("old-failed", { ...ended("failed"), attempt: 1, fence: 4 }, failed);
  insert("old-cancelled", { ...ended("cancelled"), cancel_reason: "no need" }, failed);
  insert("old-damaged", {}, {});
  database.exec(`UPDATE tasks SET parameters = '{"seed":8}' WHERE task_id = 'old-damaged'`);
  belongings(database);
  database.exec(`UPDATE sequences SET value = 4 WHERE name = 'fence';
    UPDATE sequences SET value = 7 WHERE name = 'task_seq'`);
  database.close();
}

const failed = { errorCode: "bad", error: "it broke" };

const ended = (status: string): Changes => ({
  status,
  finished_at: formerMs + 50,
  result_expires_at: formerMs * 2,
});

type Outcome = {
  readonly errorCode?: string;
  readonly error?: string;
  readonly result?: string;
  readonly resultCount?: number;
  readonly resultBytes?: number;
};

function tasksIn(database: Database.Database) {
  let seq = 0;
  return (taskId: string, changes: Changes, outcome: Outcome): void => {
    seq += 1;
    const inputCount = Number(changes.input_count ?? 0);
    const priority = Number(changes.priority ?? 2);
    const payload = [taskId, "inpaint", "m", priority, 3, '{"seed":7}', inputCount];
    const { errorCode = null, error = null, result = null } = outcome;
    const { resultCount = 0, resultBytes = null } = outcome;
    const isEnd = errorCode !== null || result !== null;
    const end = [taskId, errorCode, error, result, resultCount, resultBytes];
    const row: Changes = {
      ...{ task_id: taskId, task_type: "inpaint", name: "inpaint", status: "pending", priority },
      ...{ submitted_at: formerMs, created_at: formerMs, run_at: formerMs, seq },
      ...{ parameters: '{"seed":7}', max_retries: 3, rank: formerMs + seq, payload_bytes: 10 },
      ...{
        model_name: "m",
        payload_crc32: checksum(payload),
        error_code: errorCode,
        error,
        result,
      },
      ...{ result_count: resultCount, result_bytes: resultBytes },
      ...(isEnd && { outcome_crc32: checksum(end) }),
      ...changes,
    };
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join(", ");
    database
      .prepare(`INSERT INTO tasks (${columns.join(", ")}) VALUES (${places})`)
      .run(...Object.values(row));
  };
}

function belongings(database: Database.Database): void {
  const bytes = Buffer.from([1, 2, 3]);
  const place = (taskId: string) => checksum([taskId, 0, 0, "image", "image/png"], bytes);
  database
    .prepare("INSERT INTO task_inputs VALUES ('old-pending', 0, 'image', 'image/png', ?, ?)")
    .run(place("old-pending"), bytes);
  database
    .prepare("INSERT INTO results VALUES ('old-completed', 0, 0, 3, 'image', 'image/png', ?, ?)")
    .run(place("old-completed"), bytes);
  const attempt = database.prepare(`INSERT INTO attempts (task_id, attempt, fence, node_id,
    started_at, queue_ms, finished_at, run_ms, outcome) VALUES (?, 1, ?, 'n1', ?, 5, ?, ?, ?)`);
  for (const [taskId, fence, outcome] of [
    ["old-scheduled", 1, "failed"],
    ["old-running", 2, null],
    ["old-completed", 3, "completed"],
    ["old-failed", 4, "failed"],
  ] as const) {
    const end = outcome === null ? [null, null] : [formerMs + 10, 10];
    attempt.run(taskId, fence, formerMs, ...end, outcome);
  }
  database
    .prepare("INSERT INTO leases VALUES ('old-running', 2, 1, 'n1', 1, ?, ?, NULL, 0)")
    .run(formerMs, formerMs + 15_000);
  database
    .prepare("INSERT INTO idempotency_keys VALUES ('default', 'old-key', ?, 'old-pending', ?, ?)")
    .run(Buffer.alloc(32), formerMs, formerMs * 2);
}
