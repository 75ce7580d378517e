// What tasks have asked people, and what these answered.
import type { Database, Statement } from "better-sqlite3";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import type { ConfirmationRecord } from "../../records.ts";
import type { Due } from "../../shelf.ts";
import { checkRow, type Stored, stored, storedOrNull } from "./stored-values.ts";

export const confirmationSelection = `SELECT callback_id AS callbackId, task_id AS taskId, step, attempt, fence,
    user_id AS userId, step_result AS stepResult, mode, on_timeout AS onTimeout,
    created_at AS createdAt, expires_at AS expiresAt, decision, feedback, decided_by AS decidedBy,
    decided_at AS decidedAt, crc32
  FROM confirmations`;

export const confirmationStatements = {
  get: `${confirmationSelection} WHERE callback_id = ?`,
  ofTask: `${confirmationSelection} WHERE task_id = ? ORDER BY step, attempt`,
  openOfUser: `${confirmationSelection} INDEXED BY confirmations_open_user
    WHERE user_id = ? AND decision IS NULL ORDER BY created_at, rowid LIMIT ?`,
  open: `${confirmationSelection} INDEXED BY confirmations_open
    WHERE decision IS NULL ORDER BY created_at, rowid LIMIT ?`,
  due: `${confirmationSelection} INDEXED BY confirmations_due
    WHERE decision IS NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?`,
  nextAt: `SELECT min(expires_at) FROM confirmations INDEXED BY confirmations_due
    WHERE decision IS NULL`,
  put: `INSERT INTO confirmations (callback_id, task_id, step, attempt, fence, user_id, step_result,
      mode, on_timeout, created_at, expires_at, decision, feedback, decided_by, decided_at, crc32)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (callback_id) DO UPDATE SET attempt = excluded.attempt, fence = excluded.fence,
      user_id = excluded.user_id, step_result = excluded.step_result, mode = excluded.mode,
      on_timeout = excluded.on_timeout, created_at = excluded.created_at,
      expires_at = excluded.expires_at, decision = excluded.decision,
      feedback = excluded.feedback, decided_by = excluded.decided_by,
      decided_at = excluded.decided_at, crc32 = excluded.crc32`,
  removeOf: "DELETE FROM confirmations WHERE task_id = ?",
} as const;

export type ConfirmationRow = Omit<ConfirmationRecord, "stepResult"> & {
  readonly stepResult: string;
  readonly crc32: number;
};

const valuesOf = (record: Omit<ConfirmationRecord, "stepResult">, stepResult: Stored): Stored[] => [
  record.callbackId,
  record.taskId,
  record.step,
  record.attempt,
  record.fence,
  record.userId,
  stepResult,
  record.mode,
  record.onTimeout,
  record.createdAt,
  record.expiresAt,
  record.decision,
  record.feedback,
  record.decidedBy,
  record.decidedAt,
];

export class ConfirmationRows {
  readonly #get: Statement<[string], ConfirmationRow>;
  readonly #ofTask: Statement<[string], ConfirmationRow>;
  readonly #openOfUser: Statement<[string, number], ConfirmationRow>;
  readonly #open: Statement<[number], ConfirmationRow>;
  readonly #due: Statement<[number, number], ConfirmationRow>;
  readonly #nextAt: Statement<[], number | null>;
  readonly #put: Statement;
  readonly #removeOf: Statement<[string]>;

  constructor(database: Database) {
    const sql = confirmationStatements;
    this.#get = database.prepare<[string], ConfirmationRow>(sql.get);
    this.#ofTask = database.prepare<[string], ConfirmationRow>(sql.ofTask);
    this.#openOfUser = database.prepare<[string, number], ConfirmationRow>(sql.openOfUser);
    this.#open = database.prepare<[number], ConfirmationRow>(sql.open);
    this.#due = database.prepare<[number, number], ConfirmationRow>(sql.due);
    this.#nextAt = database.prepare<[], number | null>(sql.nextAt).pluck();
    this.#put = database.prepare(sql.put);
    this.#removeOf = database.prepare<[string]>(sql.removeOf);
  }

  get(callbackId: string): ConfirmationRecord | undefined {
    const row = this.#get.get(callbackId);
    return row && checkedConfirmation(row);
  }

  ofTask(taskId: string): readonly ConfirmationRecord[] {
    return this.#ofTask.all(taskId).map(checkedConfirmation);
  }

  open(userId: string | null, max: number): readonly ConfirmationRecord[] {
    const rows = userId === null ? this.#open.all(max) : this.#openOfUser.all(userId, max);
    return rows.map(checkedConfirmation);
  }

  /** Without those that are damaged: nobody can say what they ask; a check names them. */
  due({ nowMs, max }: Due): readonly ConfirmationRecord[] {
    return this.#due.all(nowMs, max).filter(isWhole).map(checkedConfirmation);
  }

  nextAt(): number | null | undefined {
    return this.#nextAt.get();
  }

  put(record: ConfirmationRecord): void {
    const whole = {
      ...record,
      userId: storable(record.userId),
      feedback: storedOrNull(record.feedback),
      decidedBy: storedOrNull(record.decidedBy),
    };
    const values = valuesOf(whole, stored(record.stepResult));
    this.#put.run([...values, checksum(values)]);
  }

  removeOf(taskId: string): void {
    this.#removeOf.run(taskId);
  }
}

const isWhole = (row: ConfirmationRow): boolean =>
  checksum(valuesOf(row, row.stepResult)) === row.crc32;

export function checkedConfirmation(row: ConfirmationRow): ConfirmationRecord {
  checkRow(
    `the confirmation ${row.callbackId} of task ${row.taskId}`,
    { values: valuesOf(row, row.stepResult) },
    row.crc32,
  );
  const { crc32, ...record } = row;
  return { ...record, stepResult: JSON.parse(row.stepResult) };
}
