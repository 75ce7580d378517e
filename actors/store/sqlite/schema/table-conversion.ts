// Brings the rows of step 1 into the tables of step 2, with the checksums that they now have.
import type { Database } from "better-sqlite3";
import { queueDefault, type TaskFile } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import { fingerprintOf } from "../../fingerprint.ts";
import type { AttemptRecord, KeyRecord, LeaseRecord } from "../../records.ts";
import { AttemptRows } from "../rows/attempt-rows.ts";
import { KeyRows } from "../rows/key-rows.ts";
import { leaseStatements, leaseValues } from "../rows/lease-book.ts";
import { metaChecksum } from "../rows/meta-rows.ts";
import { sequenceChecksum } from "../rows/sequence-rows.ts";
import { convertTasks } from "./former-tasks.ts";
import { recountQueues } from "./queue-recount.ts";

/** In the transaction of its step. */
export function convertTables(database: Database, nowMs: number): void {
  convertTasks(database);
  convertLeases(database);
  convertAttempts(database);
  convertKeys(database, nowMs);
  recountQueues(database, { nowMs, without: ["fairWeights"] });
  checkNumbers(database);
  for (const table of ["former_leases", "former_attempts", "former_keys", "former_tasks"]) {
    database.exec(`DROP TABLE ${table}`);
  }
}

function convertLeases(database: Database): void {
  const leases = database
    .prepare<[], LeaseRecord>(
      `SELECT task_id AS taskId, fence, attempt, node_id AS node, incarnation,
        granted_at AS grantedAt, expires_at AS expiresAt, attempt_deadline_at AS attemptDeadlineAt,
        renewals FROM former_leases`,
    )
    .all();
  const put = database.prepare(leaseStatements.put);
  for (const lease of leases) {
    const values = leaseValues(lease);
    put.run([...values, checksum(values)]);
  }
}

function convertAttempts(database: Database): void {
  const page = database.prepare<[string, number], AttemptRecord>(
    `SELECT task_id AS taskId, attempt, fence, node_id AS node, started_at AS startedAt,
      coalesce(queue_ms, 0) AS queueMs, finished_at AS finishedAt, run_ms AS runMs, outcome,
      error_class AS errorClass, error_code AS errorCode, error, next_run_at AS nextRunAt,
      checkpoint
    FROM former_attempts WHERE (task_id, attempt) > (?, ?) ORDER BY task_id, attempt LIMIT 500`,
  );
  const attempts = new AttemptRows(database);
  let rows = page.all("", 0);
  while (rows.length > 0) {
    for (const row of rows) attempts.put(row);
    attempts.write();
    const last = rows.at(-1);
    rows = last ? page.all(last.taskId, last.attempt) : [];
  }
}

type FormerKey = Omit<KeyRecord, "fingerprint" | "ack"> & { readonly fingerprint: Uint8Array };

function convertKeys(database: Database, nowMs: number): void {
  const former = database
    .prepare<[], FormerKey>(
      `SELECT scope, key, fingerprint, task_id AS taskId, created_at AS createdAt,
        expires_at AS expiresAt FROM former_keys`,
    )
    .all();
  const keys = new KeyRows(database);
  const refingerprint = fingerprints(database);
  for (const key of former) {
    const before = Buffer.from(key.fingerprint).toString("hex");
    const fingerprint = refingerprint(key.taskId) ?? before;
    keys.put({ ...key, fingerprint, ack: "durable", createdAt: key.createdAt ?? nowMs });
  }
}

interface Submitted {
  readonly type: string;
  readonly model: string;
  readonly priority: number;
  readonly parameters: string;
  readonly inputCount: number;
}

/**
 * The fingerprint that the task's submission has today. Undefined when its inputs are gone: then its
 * key says of the same submission that it is another one, rather than let it run twice.
 */
function fingerprints(database: Database): (taskId: string) => string | undefined {
  const task = database.prepare<[string], Submitted>(
    `SELECT task_type AS type, model_name AS model, priority, parameters,
      input_count AS inputCount FROM former_tasks WHERE task_id = ?`,
  );
  const files = database.prepare<[string], TaskFile>(
    `SELECT name, content_type AS contentType, data AS bytes FROM task_inputs
      WHERE task_id = ? ORDER BY position`,
  );
  return (taskId) => {
    const row = task.get(taskId);
    const inputs = files.all(taskId);
    if (!row || inputs.length !== row.inputCount) return undefined;
    const { type, model } = row;
    const priority = row.priority;
    const parameters: TaskParameters = JSON.parse(row.parameters);
    return fingerprintOf({ type, model, priority, parameters, inputs, queue: queueDefault });
  };
}

/** The epoch and the sequences get their checksums. */
function checkNumbers(database: Database): void {
  const meta = database
    .prepare<[], { readonly key: string; readonly value: string }>("SELECT key, value FROM meta")
    .all();
  const setMeta = database.prepare("UPDATE meta SET crc32 = ? WHERE key = ?");
  for (const { key, value } of meta) setMeta.run(metaChecksum(key, value), key);
  const sequences = database
    .prepare<[], { readonly name: string; readonly value: number }>(
      "SELECT name, value FROM sequences",
    )
    .all();
  const setSequence = database.prepare("UPDATE sequences SET crc32 = ? WHERE name = ?");
  for (const { name, value } of sequences) setSequence.run(sequenceChecksum(name, value), name);
}
