// The attempts at tasks. Those that are under way stay in memory until they have ended; what a batch
// changes is written at its end.
import type { Database, Statement } from "better-sqlite3";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import type { AttemptRecord } from "../../records.ts";
import { PendingRows } from "./pending-rows.ts";
import { corruptRow, type Stored, storedOrNull } from "./stored-values.ts";

const columns = `task_id, attempt, fence, node_id, started_at, queue_ms, finished_at, run_ms,
  outcome, error_class, error_code, error, next_run_at`;

export const attemptSelection = `SELECT task_id AS taskId, attempt, fence, node_id AS node,
    started_at AS startedAt, queue_ms AS queueMs, finished_at AS finishedAt, run_ms AS runMs,
    outcome, error_class AS errorClass, error_code AS errorCode, error, next_run_at AS nextRunAt,
    checkpoint, crc32
  FROM attempts`;

export const attemptStatements = {
  get: `${attemptSelection} WHERE task_id = ? AND attempt = ?`,
  put: `INSERT OR REPLACE INTO attempts (${columns}, crc32, checkpoint)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  // Of one that ended and left nothing else to say.
  end: `UPDATE attempts SET finished_at = ?, run_ms = ?, outcome = ?, crc32 = ?
    WHERE task_id = ? AND attempt = ?`,
  remove: "DELETE FROM attempts WHERE task_id = ?",
} as const;

export type AttemptRow = AttemptRecord & { readonly crc32: number };

/** Attempts under way that stay in memory; full: the oldest goes, and is read when it is needed. */
const keptMax = 4_096;

const valuesOf = (attempt: AttemptRecord): Stored[] => [
  attempt.taskId,
  attempt.attempt,
  attempt.fence,
  attempt.node,
  attempt.startedAt,
  attempt.queueMs,
  attempt.finishedAt,
  attempt.runMs,
  attempt.outcome,
  attempt.errorClass,
  attempt.errorCode,
  attempt.error,
  attempt.nextRunAt,
];

export class AttemptRows {
  readonly #get: Statement<[string, number], AttemptRow>;
  readonly #put: Statement;
  readonly #end: Statement;
  readonly #remove: Statement<[string]>;
  readonly #kept = new Map<string, AttemptRecord>();
  /** What the batch in hand has changed: `write` brings it to the file. */
  readonly pending = new PendingRows<AttemptRecord>();

  constructor(database: Database) {
    this.#get = database.prepare<[string, number], AttemptRow>(attemptStatements.get);
    this.#put = database.prepare(attemptStatements.put);
    this.#end = database.prepare(attemptStatements.end);
    this.#remove = database.prepare<[string]>(attemptStatements.remove);
  }

  /** Fails with `corrupt` when the row is not what was written. */
  get(taskId: string, attempt: number): AttemptRecord | undefined {
    const kept = this.#kept.get(taskId);
    if (kept?.attempt === attempt) return kept;
    const pending = this.pending.get(nameOf(taskId, attempt))?.row;
    if (pending) return pending;
    const row = this.#get.get(taskId, attempt);
    if (!row) return undefined;
    checkAttempt(row);
    const { crc32, ...record } = row;
    return record;
  }

  put(attempt: AttemptRecord): void {
    const { checkpoint, taskId } = attempt;
    const whole: AttemptRecord = {
      ...attempt,
      errorClass: storedOrNull(attempt.errorClass),
      errorCode: storedOrNull(attempt.errorCode),
      error: storedOrNull(attempt.error),
    };
    const former = this.#kept.get(taskId);
    const stored = former?.attempt === whole.attempt ? former : undefined;
    this.pending.put(nameOf(taskId, whole.attempt), whole, stored);
    this.#kept.delete(taskId);
    if (whole.finishedAt !== null || checkpoint !== null) return;
    this.#kept.set(taskId, whole);
    if (this.#kept.size <= keptMax) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }

  /** What is pending goes to the file. */
  write(): void {
    this.pending.write(({ row, stored }) => {
      if (row && stored && isPlainEnd(row, stored)) this.#writeEnd(row);
      else if (row) this.#put.run([...valuesOf(row), attemptChecksum(row), row.checkpoint]);
    });
  }

  /** At once. By then nothing may be pending. */
  removeOf(taskId: string): void {
    this.#remove.run(taskId);
    this.#kept.delete(taskId);
  }

  forget(): void {
    this.#kept.clear();
  }

  #writeEnd(attempt: AttemptRecord): void {
    const { finishedAt, outcome, runMs, taskId } = attempt;
    const crc32 = attemptChecksum(attempt);
    const { changes } = this.#end.run(finishedAt, runMs, outcome, crc32, taskId, attempt.attempt);
    if (changes !== 1) throw corruptRow(`attempt ${attempt.attempt} of task ${taskId}`);
  }
}

/** Nothing is new but when and how it ended. */
const isPlainEnd = (attempt: AttemptRecord, stored: AttemptRecord): boolean =>
  attempt.errorClass === stored.errorClass &&
  attempt.errorCode === stored.errorCode &&
  attempt.error === stored.error &&
  attempt.nextRunAt === stored.nextRunAt &&
  attempt.checkpoint === stored.checkpoint &&
  attempt.node === stored.node &&
  attempt.fence === stored.fence &&
  attempt.startedAt === stored.startedAt &&
  attempt.queueMs === stored.queueMs;

const nameOf = (taskId: string, attempt: number): string => `${attempt} ${taskId}`;

/** With the length of the checkpoint, since one without bytes is not none. */
function attemptChecksum(attempt: AttemptRecord): number {
  const { checkpoint } = attempt;
  const length = checkpoint === null ? null : checkpoint.byteLength;
  return checksum([...valuesOf(attempt), length], checkpoint ?? undefined);
}

export function checkAttempt(row: AttemptRow): void {
  if (attemptChecksum(row) === row.crc32) return;
  throw corruptRow(`attempt ${row.attempt} of task ${row.taskId}`);
}
