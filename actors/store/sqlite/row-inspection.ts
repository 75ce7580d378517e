// Reads every row of the store, and names those that do not fit their checksums.
import type { Database } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { type AttemptRow, attemptSelection, checkAttempt } from "./rows/attempt-rows.ts";
import {
  type ConfirmationRow,
  checkedConfirmation,
  confirmationSelection,
} from "./rows/confirmation-rows.ts";
import { checkedEvent, checkHead, type EventRow, type HeadRow } from "./rows/event-rows.ts";
import { checkFair, type FairRow } from "./rows/fair-times.ts";
import { FileRows } from "./rows/file-rows.ts";
import {
  checkedKey,
  checkStone,
  type KeyRow,
  keySelection,
  type StoneRow,
} from "./rows/key-rows.ts";
import { checkLease, type LeaseRow, leaseStatements } from "./rows/lease-book.ts";
import { checkMeta, type MetaRow } from "./rows/meta-rows.ts";
import { type QueueRow, queueStatements, recordOrDamage } from "./rows/queue-rows.ts";
import { checkSequence, type SequenceRow, sequenceStatements } from "./rows/sequence-rows.ts";
import { recordOf, type TaskRow } from "./rows/stored-task.ts";
import { taskSelection } from "./rows/task-columns.ts";

export function* damagedRows(database: Database): Generator<string> {
  const all = <R>(text: string, check: (row: R) => void) =>
    problems(database.prepare<[], R>(text).iterate(), check);
  yield* all<MetaRow>("SELECT key, value, crc32 FROM meta", checkMeta);
  yield* all<SequenceRow>(sequenceStatements.all, checkSequence);
  yield* all<QueueRow>(queueStatements.all, checkQueue);
  yield* all<LeaseRow>(leaseStatements.all, checkLease);
  yield* all<AttemptRow>(attemptSelection, checkAttempt);
  yield* all<KeyRow>(keySelection, checkedKey);
  yield* all<StoneRow>(
    "SELECT task_id AS taskId, expires_at AS expiresAt, crc32 FROM tombstones",
    checkStone,
  );
  yield* all<ConfirmationRow>(confirmationSelection, checkedConfirmation);
  yield* all<FairRow>(
    "SELECT queue, fair_key AS fairKey, virtual_ms AS virtualMs, crc32 FROM fair_times",
    checkFair,
  );
  yield* all<EventRow>(
    `SELECT event_id AS eventId, channel, seq, type, task_id AS taskId, payload, at, crc32
      FROM events`,
    checkedEvent,
  );
  yield* all<HeadRow>("SELECT channel, head, crc32 FROM channel_heads", checkHead);
  yield* damagedTasks(database);
}

/** With their files. */
function* damagedTasks(database: Database): Generator<string> {
  const page = database
    .prepare<[number, number], TaskRow>(
      `SELECT ${taskSelection} FROM tasks WHERE rowid BETWEEN ? AND ? ORDER BY rowid`,
    )
    .raw();
  const pageEnd = database
    .prepare<[number, number], number>(
      "SELECT max(rowid) FROM (SELECT rowid FROM tasks WHERE rowid > ? ORDER BY rowid LIMIT ?)",
    )
    .pluck();
  const files = new FileRows(database);
  let end: number | undefined;
  for (let from = -1; ; from = end) {
    end = pageEnd.get(from, 200) ?? undefined;
    if (end === undefined) return;
    yield* problems(page.all(from + 1, end), (row) => {
      const task = recordOf(row);
      if (task.finishedAt === null) files.inputs(task);
      else files.results(task);
    });
  }
}

const checkQueue = (row: QueueRow): void => {
  const record = recordOrDamage(row);
  if (record instanceof Error) throw record;
};

function* problems<R>(rows: Iterable<R>, check: (row: R) => void): Generator<string> {
  for (const row of rows) {
    const problem = problemOf(() => check(row));
    if (problem !== undefined) yield problem;
  }
}

function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (cause) {
    return Failure.of(cause).detail;
  }
}
