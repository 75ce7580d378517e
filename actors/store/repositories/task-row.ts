// A task in the shape of the table that tools know: 23 columns, lists and objects as JSON text, times
// as ISO 8601 in UTC, `timeout` in seconds. The names are that table's, hence their spelling.

import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { WholeTask } from "#protocols/tasks/task-records.ts";

export interface TaskRow {
  readonly task_id: string;
  readonly task_type: string;
  readonly name: string;
  readonly description: string | null;
  readonly required_skills: string;
  readonly optional_skills: string;
  readonly status: string;
  readonly priority: number;
  readonly assigned_node: string | null;
  readonly submitted_at: string;
  /** When it was claimed first. */
  readonly scheduled_at: string | null;
  readonly started_at: string | null;
  /** Only of a completed task. */
  readonly completed_at: string | null;
  readonly parameters: string;
  readonly timeout: number | null;
  readonly retry_count: number;
  readonly max_retries: number;
  readonly user_id: string | null;
  readonly affinity_tags: string;
  /** The figures that its worker handed back. */
  readonly result: string | null;
  readonly error: string | null;
  readonly metadata: string | null;
  readonly created_at: string;
}

/** What can be said of a new task; the store says the rest. */
export type NewTaskRow = Pick<TaskRow, "task_type" | "name"> &
  Partial<
    Pick<
      TaskRow,
      | "description"
      | "required_skills"
      | "optional_skills"
      | "priority"
      | "parameters"
      | "timeout"
      | "max_retries"
      | "user_id"
      | "affinity_tags"
      | "metadata"
    >
  >;

export const taskRowOf = (task: WholeTask): TaskRow => ({
  task_id: task.taskId,
  task_type: task.type,
  name: task.name,
  description: task.description,
  required_skills: JSON.stringify(task.requiredSkills),
  optional_skills: JSON.stringify(task.optionalSkills),
  status: task.status,
  priority: task.priority,
  assigned_node: task.assignedNode,
  submitted_at: isoTime(task.submittedAt),
  scheduled_at: isoTimeOrNull(task.scheduledAt),
  started_at: isoTimeOrNull(task.startedAt),
  completed_at: task.status === "completed" ? isoTimeOrNull(task.finishedAt) : null,
  parameters: JSON.stringify(task.parameters),
  timeout: task.timeoutMs === null ? null : task.timeoutMs / 1_000,
  retry_count: task.retryCount,
  max_retries: task.maxRetries,
  user_id: task.userId,
  affinity_tags: JSON.stringify(task.affinityTags),
  result: task.figures && JSON.stringify(task.figures),
  error: task.error,
  metadata: task.metadata && JSON.stringify(task.metadata),
  created_at: isoTime(task.submittedAt),
});

/**
 * The row as a submission without files. Its model is the parameter `model` where that is a text, else
 * its type. Fails with `invalid` for a column whose JSON cannot be used.
 */
export function submissionOf(row: NewTaskRow): TaskSubmission {
  const parameters = objectIn(row.parameters ?? "{}", "parameters");
  const { model } = parameters;
  return {
    type: row.task_type,
    model: typeof model === "string" ? model : row.task_type,
    name: row.name,
    parameters,
    inputs: [],
    requiredSkills: [...listIn(row.required_skills ?? "[]", "required_skills")],
    optionalSkills: [...listIn(row.optional_skills ?? "[]", "optional_skills")],
    affinityTags: [...listIn(row.affinity_tags ?? "[]", "affinity_tags")],
    ...(row.description == null ? {} : { description: row.description }),
    ...(row.priority === undefined ? {} : { priority: row.priority }),
    ...(row.timeout == null ? {} : { timeoutMs: Math.ceil(row.timeout * 1_000) }),
    ...(row.max_retries === undefined ? {} : { maxRetries: row.max_retries }),
    ...(row.user_id == null ? {} : { userId: row.user_id }),
    ...(row.metadata == null ? {} : { metadata: objectIn(row.metadata, "metadata") }),
  };
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();
export const isoTimeOrNull = (ms: number | null): string | null =>
  ms === null ? null : isoTime(ms);

const checkList = Compile(Type.Array(Type.String()));
const checkObject = Compile(TaskParameters);

/** The list of texts that a column holds as JSON. */
export function listIn(text: string, column: string): readonly string[] {
  const value = parsed(text, column);
  if (checkList.Check(value)) return value;
  throw new Failure("invalid", `${column} is no list of texts: ${text.slice(0, 80)}; write one`);
}

function objectIn(text: string, column: string): TaskParameters {
  const value = parsed(text, column);
  if (checkObject.Check(value)) return value;
  const expected = "an object of texts, numbers, booleans and nulls";
  throw new Failure("invalid", `${column} is not ${expected}: ${text.slice(0, 80)}; write one`);
}

function parsed(text: string, column: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid", `${column} is no JSON: ${text.slice(0, 80)}; correct it`, cause);
  }
}
