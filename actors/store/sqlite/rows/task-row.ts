// A task as a row, and back: columns hold texts and numbers, a record has lists and flags. A row that
// does not fit its checksums never becomes a record.
import { priorityDefault } from "#protocols/tasks/task.ts";
import { taskStatuses } from "#protocols/tasks/task-states.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import type { TaskRecord } from "../../records.ts";
import { corruptRow, type Stored, stored } from "./stored-values.ts";
import {
  type StandingField,
  type SubmittedField,
  standingFields,
  submittedFields,
} from "./task-columns.ts";

type JsonField =
  | "requiredSkills"
  | "optionalSkills"
  | "affinityTags"
  | "parameters"
  | "metadata"
  | "retry"
  | "figures";

/** As `taskSelection` reads it. */
export type TaskRow = Omit<TaskRecord, JsonField | "isEvictable"> & {
  readonly requiredSkills: string | null;
  readonly optionalSkills: string | null;
  readonly affinityTags: string | null;
  readonly parameters: string;
  readonly metadata: string | null;
  readonly retry: string | null;
  readonly figures: string | null;
  readonly isEvictable: number;
  readonly createdAt: number;
  readonly completedAt: number | null;
  readonly submittedCrc32: number;
  readonly standingCrc32: number;
};

const none: readonly string[] = [];

/** An empty list, as most are, is no text at all. */
export function fieldValue(task: TaskRecord, field: SubmittedField | StandingField): Stored {
  const value = task[field];
  if (Array.isArray(value) && value.length === 0) return null;
  return stored(value);
}

export const submittedValues = (task: TaskRecord): Stored[] =>
  submittedFields.map((field) => fieldValue(task, field));

export const standingValues = (task: TaskRecord): Stored[] =>
  standingFields.map((field) => fieldValue(task, field));

/** Bound to its task, so that no row can pass for another's. */
export const standingChecksum = (taskId: string, values: readonly Stored[]): number =>
  checksum([taskId, ...values]);

/** When a completed task was; the source's tools read that column. */
export const completedAtOf = (task: Pick<TaskRecord, "status" | "finishedAt">): number | null =>
  task.status === "completed" ? task.finishedAt : null;

/** Fails with `corrupt` when the row reads differently from what was written. */
export function recordOf(row: TaskRow): TaskRecord {
  if (!isWholeTask(row)) throw corruptRow(`the row of task ${row.taskId}`);
  return read(row, JSON.parse);
}

export function isWholeTask(row: TaskRow): boolean {
  const submitted = submittedFields.map((field) => row[field]);
  const standing = standingFields.map((field) => row[field]);
  return (
    checksum(submitted) === row.submittedCrc32 &&
    standingChecksum(row.taskId, standing) === row.standingCrc32 &&
    row.createdAt === row.submittedAt &&
    row.completedAt === completedAtOf(row)
  );
}

/** What can be read of a damaged row; what cannot is left out, so that it can be written again. */
export function salvaged(row: TaskRow): TaskRecord {
  const isState = taskStatuses.some((status) => status === row.status);
  const isPriority = row.priority >= 0 && row.priority <= 9;
  const record = read(row, (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  });
  return {
    ...record,
    status: isState ? row.status : "pending",
    priority: isPriority ? row.priority : priorityDefault,
    requiredSkills: record.requiredSkills ?? none,
    optionalSkills: record.optionalSkills ?? none,
    affinityTags: record.affinityTags ?? none,
    parameters: record.parameters ?? {},
  };
}

/** JSON that this store has written. */
type Parse = typeof JSON.parse;

function read(row: TaskRow, parse: Parse): TaskRecord {
  const { createdAt, completedAt, submittedCrc32, standingCrc32, ...plain } = row;
  return {
    ...plain,
    requiredSkills: row.requiredSkills === null ? none : parse(row.requiredSkills),
    optionalSkills: row.optionalSkills === null ? none : parse(row.optionalSkills),
    affinityTags: row.affinityTags === null ? none : parse(row.affinityTags),
    parameters: parse(row.parameters),
    metadata: row.metadata === null ? null : parse(row.metadata),
    retry: row.retry === null ? null : parse(row.retry),
    figures: row.figures === null ? null : parse(row.figures),
    isEvictable: row.isEvictable === 1,
  };
}
