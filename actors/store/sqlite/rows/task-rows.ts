// The rows of tasks. Those that were read or written last are kept in memory as they are in the
// file, since most tasks are claimed and completed shortly after they came. What a batch changes is
// written at its end, each task once.
import type { Database, Statement } from "better-sqlite3";
import type { TaskRecord } from "../../records.ts";
import { PendingRows } from "./pending-rows.ts";
import {
  completedAtOf,
  isWholeTask,
  recordOf,
  salvaged,
  standingChecksum,
  standingValues,
  submittedChecksum,
  submittedValues,
  type TaskRow,
} from "./stored-task.ts";
import { corruptRow, type Stored } from "./stored-values.ts";
import {
  standingColumns,
  standingFields,
  submittedColumns,
  submittedFields,
  taskSelection,
} from "./task-columns.ts";

/** Tasks that are kept in memory; full: the one that came first goes. */
const keptMax = 4_096;
/** A task with longer texts than that is read anew each time. */
const keptSizeMax = 16_384;

/** In the order of `rowValues`. */
export const rowColumns = [
  ...submittedFields.map((field) => submittedColumns[field]),
  ...standingFields.map((field) => standingColumns[field]),
  "created_at",
  "completed_at",
  "submitted_crc32",
  "standing_crc32",
];
const places = rowColumns.map(() => "?").join(", ");

/** Of what was submitted, what can be described anew. */
const describedFields = ["name", "description", "metadata", "affinityTags"] as const;

export const taskStatements = {
  task: `SELECT ${taskSelection} FROM tasks WHERE task_id = ?`,
  // The rowid is the number of arrival.
  insert: `INSERT INTO tasks (rowid, ${rowColumns.join(", ")}) VALUES (?, ${places})`,
  remove: "DELETE FROM tasks WHERE task_id = ?",
  arrival: "SELECT rowid FROM tasks WHERE task_id = ?",
  // Over a damaged row: by then its state is any, also one that nothing may leave.
  replace: `UPDATE tasks SET ${rowColumns.map((column) => `${column} = ?`).join(", ")}
    WHERE task_id = ?`,
  describe: `UPDATE tasks SET ${describedFields.map((field) => `${submittedColumns[field]} = ?`).join(", ")},
    submitted_crc32 = ? WHERE task_id = ?`,
} as const;

export class TaskRows {
  readonly #database: Database;
  readonly #task: Statement<[string], TaskRow>;
  readonly #insert: Statement;
  readonly #remove: Statement<[string]>;
  readonly #arrival: Statement<[string], number>;
  readonly #replace: Statement;
  readonly #description: Statement;
  /** Tasks that were salvaged from damaged rows: these are written as a whole. */
  readonly #damaged = new Set<string>();
  /** By which fields change: a statement that names an indexed column rewrites that index. */
  readonly #updates = new Map<number, Statement>();
  readonly #kept = new Map<string, TaskRecord>();
  /** What the batch in hand has changed: `write` brings it to the file. */
  readonly pending = new PendingRows<TaskRecord>();

  constructor(database: Database) {
    this.#database = database;
    this.#task = database.prepare<[string], TaskRow>(taskStatements.task).raw();
    this.#insert = database.prepare(taskStatements.insert);
    this.#remove = database.prepare<[string]>(taskStatements.remove);
    this.#arrival = database.prepare<[string], number>(taskStatements.arrival).pluck();
    this.#replace = database.prepare(taskStatements.replace);
    this.#description = database.prepare(taskStatements.describe);
  }

  get(taskId: string): TaskRecord | undefined {
    const known = this.#known(taskId);
    if (known) return known;
    const row = this.#task.get(taskId);
    if (!row) return undefined;
    const record = recordOf(row);
    this.#keep(record, sizeOf(row));
    return record;
  }

  /** The task as far as its row can be read. */
  salvage(taskId: string): TaskRecord | undefined {
    const known = this.#known(taskId);
    if (known) return known;
    const row = this.#task.get(taskId);
    if (!row) return undefined;
    if (isWholeTask(row)) return this.get(taskId);
    this.#damaged.add(taskId);
    const task = salvaged(row);
    return { ...task, taskId, seq: this.#arrival.get(taskId) ?? task.seq };
  }

  /** Its number in the order of arrival, which stands also where the row is damaged. By then nothing may be pending. */
  arrivalOf(taskId: string): number | undefined {
    return this.#arrival.get(taskId);
  }

  has(taskId: string): boolean {
    return this.#known(taskId) !== undefined || this.#arrival.get(taskId) !== undefined;
  }

  insert(task: TaskRecord): void {
    this.pending.put(task.taskId, task, undefined);
  }

  update(task: TaskRecord, former: TaskRecord): void {
    this.pending.put(task.taskId, task, former);
  }

  /** Whether the task was salvaged from a damaged row: only `replace` can write it. */
  isDamaged(taskId: string): boolean {
    return this.#damaged.has(taskId);
  }

  /** At once. By then nothing may be pending. */
  replace(task: TaskRecord): void {
    this.#damaged.delete(task.taskId);
    this.#replace.run([...rowValues(task), task.taskId]);
  }

  /** At once. By then nothing may be pending. */
  remove(taskId: string): void {
    this.#remove.run(taskId);
    this.#kept.delete(taskId);
  }

  /** What is pending goes to the file. */
  write(): void {
    this.pending.write(({ row, stored }) => {
      if (!row) return;
      if (stored) this.#change(row, stored);
      else this.#add(row);
    });
  }

  /** Nothing in memory is sure any more. */
  forget(): void {
    this.#kept.clear();
    this.#damaged.clear();
  }

  #known(taskId: string): TaskRecord | undefined {
    return this.pending.get(taskId)?.row ?? this.#kept.get(taskId);
  }

  #add(task: TaskRecord): void {
    const values = rowValues(task);
    this.#insert.run([task.seq, ...values]);
    this.#keep(task, sizeOf(values));
  }

  /** Names only what differs. */
  #change(task: TaskRecord, stored: TaskRecord): void {
    const values = standingValues(task);
    // One bit for each field that changed.
    let changed = 0;
    const row: Stored[] = [];
    for (let place = 0; place < values.length; place += 1) {
      const field = standingFields[place];
      if (field === undefined || task[field] === stored[field]) continue;
      changed |= 1 << place;
      row.push(values[place] ?? null);
    }
    if (describedFields.some((field) => task[field] !== stored[field])) this.#describe(task);
    const isCompleted = task.status === "completed";
    if (isCompleted) row.push(task.finishedAt);
    row.push(standingChecksum(task.taskId, values), task.seq, task.taskId);
    const { changes } = this.#updateOf(changed, isCompleted).run(row);
    if (changes !== 1) throw corruptRow(`the row of task ${task.taskId}`);
    // Nobody changes it any more, and few read it again.
    if (task.finishedAt !== null) this.#kept.delete(task.taskId);
    else if (this.#kept.has(task.taskId)) this.#keep(task, sizeOf(row));
  }

  /** With the checksum of all that was submitted. */
  #describe(task: TaskRecord): void {
    const values = submittedValues(task);
    const described = describedFields.map(
      (field) => values[submittedFields.indexOf(field)] ?? null,
    );
    this.#description.run([...described, submittedChecksum(values), task.taskId]);
  }

  #keep(task: TaskRecord, size: number): void {
    const { taskId } = task;
    if (size > keptSizeMax) {
      this.#kept.delete(taskId);
      return;
    }
    this.#kept.set(taskId, task);
    if (this.#kept.size <= keptMax) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }

  #updateOf(changed: number, isCompleted: boolean): Statement {
    const name = isCompleted ? -changed : changed;
    const known = this.#updates.get(name);
    if (known) return known;
    const columns: string[] = standingFields
      .filter((_, place) => (changed & (1 << place)) !== 0)
      .map((field) => standingColumns[field]);
    if (isCompleted) columns.push("completed_at");
    columns.push("standing_crc32");
    const changes = columns.map((column) => `${column} = ?`).join(", ");
    const statement = this.#database.prepare(
      `UPDATE tasks SET ${changes} WHERE rowid = ? AND task_id = ?`,
    );
    this.#updates.set(name, statement);
    return statement;
  }
}

export function rowValues(task: TaskRecord): Stored[] {
  const submitted = submittedValues(task);
  const standing = standingValues(task);
  return [
    ...submitted,
    ...standing,
    task.submittedAt,
    completedAtOf(task),
    submittedChecksum(submitted),
    standingChecksum(task.taskId, standing),
  ];
}

const sizeOf = (values: readonly Stored[]): number =>
  values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
