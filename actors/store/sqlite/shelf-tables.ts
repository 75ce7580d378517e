// All tables of the store, opened on one database.
import type { Database, Statement } from "better-sqlite3";
import { AttemptRows } from "./rows/attempt-rows.ts";
import { ConfirmationRows } from "./rows/confirmation-rows.ts";
import { DueTasks } from "./rows/due-tasks.ts";
import { EventRows } from "./rows/event-rows.ts";
import { EventTrim } from "./rows/event-trim.ts";
import { FairTimes } from "./rows/fair-times.ts";
import { FileRows } from "./rows/file-rows.ts";
import { KeyRows } from "./rows/key-rows.ts";
import { LeaseBook } from "./rows/lease-book.ts";
import type { PendingRows } from "./rows/pending-rows.ts";
import { QueueRows } from "./rows/queue-rows.ts";
import { ReadyIndex } from "./rows/ready-index.ts";
import { SequenceRows } from "./rows/sequence-rows.ts";
import { TaskList } from "./rows/task-list.ts";
import { TaskRows } from "./rows/task-rows.ts";
import { WaitingUsers } from "./rows/waiting-users.ts";

export interface ShelfTables {
  readonly tasks: TaskRows;
  readonly queues: QueueRows;
  readonly leases: LeaseBook;
  readonly attempts: AttemptRows;
  readonly keys: KeyRows;
  readonly confirmations: ConfirmationRows;
  readonly fair: FairTimes;
  readonly files: FileRows;
  readonly sequences: SequenceRows;
  readonly events: EventRows;
  readonly trim: EventTrim;
  readonly ready: ReadyIndex;
  readonly due: DueTasks;
  readonly users: WaitingUsers;
  readonly list: TaskList;
  readonly children: Statement<[string], string>;
  /** Told before the file changes. */
  writes(): void;
  /** Those whose changes wait for the end of the batch. */
  readonly gathering: readonly Gathering[];
  /** Brings what they gathered to the file, before rows are looked through. */
  settle(): void;
}

/** A table of which a batch gathers what it changes. */
export interface Gathering {
  readonly pending: Pick<PendingRows<unknown>, "size" | "mark" | "undo" | "forget">;
  write(): void;
}

export const childrenStatement =
  "SELECT task_id FROM tasks INDEXED BY tasks_parent WHERE parent_id = ? ORDER BY rowid";

/**
 * `writes` is told before gathered rows go to the file. Fails with `corrupt` when the store's sequences
 * are damaged.
 */
export function openTables(database: Database, writes: () => void): ShelfTables {
  const queues = new QueueRows(database);
  const queueNames = () => queues.names();
  const tasks = new TaskRows(database);
  const leases = new LeaseBook(database, queueNames);
  const attempts = new AttemptRows(database);
  const sequences = new SequenceRows(database);
  const gathering: readonly Gathering[] = [tasks, leases, attempts];
  const settle = (): void => {
    if (gathering.every(({ pending }) => pending.size === 0)) return;
    writes();
    for (const table of gathering) table.write();
  };
  return {
    ...{ tasks, queues, leases, attempts, sequences, gathering, writes, settle },
    keys: new KeyRows(database),
    confirmations: new ConfirmationRows(database),
    fair: new FairTimes(database),
    files: new FileRows(database),
    events: new EventRows(database, { nextId: () => sequences.next("event_id"), writes }),
    trim: new EventTrim(database, (taskId) => tasks.has(taskId)),
    ready: new ReadyIndex(database, settle),
    due: new DueTasks(database),
    users: new WaitingUsers(database, settle),
    list: new TaskList(database, queueNames),
    children: database.prepare<[string], string>(childrenStatement).pluck(),
  };
}

/** What is in memory of tasks may differ from the file, which has all that was gathered. */
export function forgetRows(tables: ShelfTables): void {
  tables.tasks.forget();
  tables.attempts.forget();
  tables.leases.forget();
  tables.ready.forget();
  tables.users.forget();
}
