// All tables of the store, opened on one database.
import type { Database, Statement } from "better-sqlite3";
import { AttemptTable } from "./rows/attempt-table.ts";
import { ConfirmationTable } from "./rows/confirmation-table.ts";
import { DueTasks } from "./rows/due-tasks.ts";
import { EventTable } from "./rows/event-table.ts";
import { EventTrim } from "./rows/event-trim.ts";
import { FairTimes } from "./rows/fair-times.ts";
import { FileTable } from "./rows/file-table.ts";
import { KeyTable } from "./rows/key-table.ts";
import { LeaseBook } from "./rows/lease-book.ts";
import { QueueTable } from "./rows/queue-table.ts";
import { ReadyIndex } from "./rows/ready-index.ts";
import { SequenceTable } from "./rows/sequence-table.ts";
import { TaskList } from "./rows/task-list.ts";
import { TaskTable } from "./rows/task-table.ts";
import { WaitingUsers } from "./rows/waiting-users.ts";

export interface ShelfTables {
  readonly tasks: TaskTable;
  readonly queues: QueueTable;
  readonly leases: LeaseBook;
  readonly attempts: AttemptTable;
  readonly keys: KeyTable;
  readonly confirmations: ConfirmationTable;
  readonly fair: FairTimes;
  readonly files: FileTable;
  readonly sequences: SequenceTable;
  readonly events: EventTable;
  readonly trim: EventTrim;
  readonly ready: ReadyIndex;
  readonly due: DueTasks;
  readonly users: WaitingUsers;
  readonly list: TaskList;
  readonly children: Statement<[string], string>;
}

export const childrenStatement =
  "SELECT task_id FROM tasks INDEXED BY tasks_parent WHERE parent_id = ? ORDER BY rowid";

/** Fails with `corrupt` when the store's sequences are damaged. */
export function openTables(database: Database): ShelfTables {
  const queues = new QueueTable(database);
  const queueNames = () => queues.names();
  const tasks = new TaskTable(database);
  const sequences = new SequenceTable(database);
  return {
    tasks,
    queues,
    sequences,
    leases: new LeaseBook(database, queueNames),
    attempts: new AttemptTable(database),
    keys: new KeyTable(database),
    confirmations: new ConfirmationTable(database),
    fair: new FairTimes(database),
    files: new FileTable(database),
    events: new EventTable(database, () => sequences.next("event_id")),
    trim: new EventTrim(database, (taskId) => tasks.has(taskId)),
    ready: new ReadyIndex(database),
    due: new DueTasks(database),
    users: new WaitingUsers(database),
    list: new TaskList(database, queueNames),
    children: database.prepare<[string], string>(childrenStatement).pluck(),
  };
}

/** What is in memory of tasks may differ from the file. */
export function forgetRows(tables: ShelfTables): void {
  tables.tasks.forget();
  tables.attempts.forget();
  tables.leases.forget();
  tables.ready.forget();
  tables.users.forget();
}
