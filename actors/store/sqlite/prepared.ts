// The store's statements, prepared on one database, with the types of what goes in and comes out.
import type { Database } from "better-sqlite3";
import type { LeaseRef, TaskStatus } from "#protocols/tasks/task.ts";
import { sql, type TaskRow } from "./statements.ts";

export type Prepared = ReturnType<typeof prepare>;

export interface FileRow {
  readonly position: number;
  readonly chunk: number;
  readonly name: string;
  readonly contentType: string;
  readonly crc32: number;
  readonly data: Buffer;
}

export interface HeldLease extends LeaseRef {
  readonly node: string;
}

interface NewTask {
  readonly taskId: string;
  readonly type: string;
  readonly model: string;
  readonly priority: number;
  readonly parameters: string;
  readonly retriesMax: number;
  readonly seq: number;
  readonly rank: number;
  readonly payloadBytes: number;
  readonly inputCount: number;
  readonly payloadCrc32: number;
  readonly nowMs: number;
}

interface Finding {
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly outcomeCrc32: number;
}

type Slice = { readonly nowMs: number; readonly max: number };
type KeyName = { readonly scope: string; readonly key: string };
type NewFile = FileRow & { readonly taskId: string };

export const prepare = (db: Database) => ({
  ...prepareTasks(db),
  ...prepareLeases(db),
  ...prepareFiles(db),
  ...prepareUpkeep(db),
});

const prepareTasks = (db: Database) => ({
  nextSequence: db.prepare<["fence" | "task_seq"], number>(sql.nextSequence).pluck(),
  waiting: db.prepare<[], { count: number; bytes: number }>(sql.waiting),
  counts: db.prepare<[], { status: TaskStatus; count: number; bytes: number }>(sql.counts),
  insertTask: db.prepare<[NewTask]>(sql.insertTask),
  task: db.prepare<[string], TaskRow>(sql.task),
  ready: db.prepare<
    [{ readonly model: string; readonly max: number }],
    { taskId: string; rank: number; seq: number }
  >(sql.ready),
  startTask: db.prepare<[LeaseRef & { readonly node: string; readonly nowMs: number }]>(
    sql.startTask,
  ),
  completeTask: db.prepare<
    [
      LeaseRef & {
        readonly result: string;
        readonly resultCount: number;
        readonly resultBytes: number;
        readonly outcomeCrc32: number;
        readonly nowMs: number;
        readonly expiresAt: number;
      },
    ]
  >(sql.completeTask),
  returnTask: db.prepare<
    [
      LeaseRef &
        Finding & {
          readonly status: "pending" | "scheduled";
          readonly runAt: number;
          readonly retryCount: number;
          readonly lostLeases: number;
        },
    ]
  >(sql.returnTask),
  endTask: db.prepare<
    [
      LeaseRef &
        Finding & {
          readonly status: "failed" | "cancelled";
          readonly from: TaskStatus;
          readonly lostLeases: number;
          readonly nowMs: number;
          readonly expiresAt: number;
        },
    ]
  >(sql.endTask),
  requestCancel: db.prepare<
    [{ readonly taskId: string; readonly reason: string; readonly nowMs: number }]
  >(sql.requestCancel),
});

const prepareLeases = (db: Database) => ({
  insertLease: db.prepare<
    [
      HeldLease & {
        readonly attempt: number;
        readonly incarnation: number;
        readonly nowMs: number;
        readonly expiresAt: number;
      },
    ]
  >(sql.insertLease),
  renewLease: db.prepare<[HeldLease & { readonly expiresAt: number }]>(sql.renewLease),
  deleteLease: db.prepare<[LeaseRef]>(sql.deleteLease),
  expiredLeases: db.prepare<[Slice], HeldLease>(sql.expiredLeases),
  leasesOfNode: db.prepare<[string], HeldLease>(sql.leasesOfNode),
  insertAttempt: db.prepare<
    [HeldLease & { readonly attempt: number; readonly nowMs: number; readonly queueMs: number }]
  >(sql.insertAttempt),
  endAttempt: db.prepare<
    [
      {
        readonly taskId: string;
        readonly attempt: number;
        readonly nowMs: number;
        readonly outcome: "completed" | "failed" | "cancelled" | "lease_expired" | "released";
        readonly errorCode: string | null;
        readonly error: string | null;
        readonly nextRunAt: number | null;
      },
    ]
  >(sql.endAttempt),
  attempt: db.prepare<
    [{ readonly taskId: string; readonly attempt: number }],
    { node: string; queueMs: number; runMs: number }
  >(sql.attempt),
});

const prepareFiles = (db: Database) => ({
  insertInput: db.prepare<[NewFile]>(sql.insertInput),
  inputs: db.prepare<[string], FileRow>(sql.inputs),
  deleteInputs: db.prepare<[string]>(sql.deleteInputs),
  insertResult: db.prepare<[NewFile & { readonly fence: number }]>(sql.insertResult),
  results: db.prepare<[string], FileRow>(sql.results),
  deleteResults: db.prepare<[string]>(sql.deleteResults),
});

const prepareUpkeep = (db: Database) => ({
  idempotencyKey: db.prepare<[string], { fingerprint: Buffer; taskId: string }>(sql.idempotencyKey),
  insertIdempotencyKey: db.prepare<
    [
      {
        readonly key: string;
        readonly fingerprint: Buffer;
        readonly taskId: string;
        readonly nowMs: number;
        readonly expiresAt: number;
      },
    ]
  >(sql.insertIdempotencyKey),
  expiredKeys: db.prepare<[Slice], KeyName & { readonly isLive: number }>(sql.expiredKeys),
  deleteKey: db.prepare<[KeyName]>(sql.deleteKey),
  extendKey: db.prepare<[KeyName & { readonly expiresAt: number }]>(sql.extendKey),
  promoteDue: db.prepare<[Slice]>(sql.promoteDue),
  expiredTasks: db.prepare<[Slice], string>(sql.expiredTasks).pluck(),
  deleteAttempts: db.prepare<[string]>(sql.deleteAttempts),
  deleteTask: db.prepare<[string]>(sql.deleteTask),
  nextAt: db.prepare<[], number | null>(sql.nextAt).pluck(),
});
