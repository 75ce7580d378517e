// A task as a row, and back: columns hold texts and numbers, a record has lists and flags. A row that
// does not fit its checksums never becomes a record.
//
// Hot: a row is read as a list of values and written over a record that has every field. As an object
// it would cost four times as much.
import { type AckLevel, priorityDefault } from "#protocols/tasks/task.ts";
import { type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import { blankTask } from "../../decisions/blank-task.ts";
import type { Draft, TaskRecord } from "../../records.ts";
import { corruptRow, type Stored, stored, storedOrNull } from "./stored-values.ts";

/** As `taskSelection` reads it, in its order. */
export type TaskRow = readonly [
  taskId: string,
  type: string,
  name: string,
  description: string | null,
  model: string,
  queue: string,
  needs: string,
  requiredSkills: string | null,
  optionalSkills: string | null,
  affinityTags: string | null,
  priority: number,
  parameters: string,
  metadata: string | null,
  inputCount: number,
  payloadBytes: number,
  maxRetries: number,
  retry: string | null,
  timeoutMs: number | null,
  userId: string | null,
  fairKey: string | null,
  isEvictable: number,
  parentId: string | null,
  rootId: string,
  traceId: string | null,
  spanId: string | null,
  ack: AckLevel,
  submittedAt: number,
  seq: number,
  rank: number,
  deadlineAt: number | null,
  charge: string | null,
  status: TaskStatus,
  version: number,
  runAt: number,
  queueDeadlineAt: number | null,
  attempt: number,
  fence: number,
  retryCount: number,
  lostLeases: number,
  assignedNode: string | null,
  scheduledAt: number | null,
  startedAt: number | null,
  finishedAt: number | null,
  cancelRequestedAt: number | null,
  cancelReason: string | null,
  cancelBy: string | null,
  errorClass: string | null,
  errorCode: string | null,
  error: string | null,
  figures: string | null,
  resultCount: number,
  resultBytes: number,
  resultExpiresAt: number | null,
  progress: number | null,
  progressMessage: string | null,
  progressAt: number | null,
  createdAt: number,
  completedAt: number | null,
  submittedCrc32: number,
  standingCrc32: number,
];

const none: readonly string[] = [];
/** Where the state stands in a row, and what comes behind the fields. */
const statusPlace = 31;
const behind = 56;

/** In the order of `submittedFields`. */
export const submittedValues = (task: TaskRecord): Stored[] => [
  storable(task.taskId),
  storable(task.type),
  storable(task.name),
  storedOrNull(task.description),
  storable(task.model),
  storable(task.queue),
  storable(task.needs),
  listText(task.requiredSkills),
  listText(task.optionalSkills),
  listText(task.affinityTags),
  task.priority,
  stored(task.parameters),
  stored(task.metadata),
  task.inputCount,
  task.payloadBytes,
  task.maxRetries,
  stored(task.retry),
  task.timeoutMs,
  storedOrNull(task.userId),
  storedOrNull(task.fairKey),
  task.isEvictable ? 1 : 0,
  storedOrNull(task.parentId),
  storable(task.rootId),
  storedOrNull(task.traceId),
  storedOrNull(task.spanId),
  task.ack,
  task.submittedAt,
  task.seq,
  task.rank,
  task.deadlineAt,
  stored(task.charge),
];

/** What had no charge before there were charges keeps the checksum that it had then. */
export const submittedChecksum = (values: readonly Stored[]): number =>
  checksum(values.at(-1) === null ? values.slice(0, -1) : values);

/** In the order of `standingFields`. */
export const standingValues = (task: TaskRecord): Stored[] => [
  task.status,
  task.version,
  task.runAt,
  task.queueDeadlineAt,
  task.attempt,
  task.fence,
  task.retryCount,
  task.lostLeases,
  storedOrNull(task.assignedNode),
  task.scheduledAt,
  task.startedAt,
  task.finishedAt,
  task.cancelRequestedAt,
  storedOrNull(task.cancelReason),
  storedOrNull(task.cancelBy),
  storedOrNull(task.errorClass),
  storedOrNull(task.errorCode),
  storedOrNull(task.error),
  stored(task.figures),
  task.resultCount,
  task.resultBytes,
  task.resultExpiresAt,
  task.progress,
  storedOrNull(task.progressMessage),
  task.progressAt,
];

/** An empty list, as most are, is no text at all. */
const listText = (list: readonly string[]): Stored => (list.length === 0 ? null : stored(list));

/** Bound to its task, so that no row can pass for another's. */
export const standingChecksum = (taskId: string, values: readonly Stored[]): number =>
  checksum(values, undefined, taskId);

/** When a completed task was; the source's tools read that column. */
export const completedAtOf = (task: Pick<TaskRecord, "status" | "finishedAt">): number | null =>
  task.status === "completed" ? task.finishedAt : null;

/** Fails with `corrupt` when the row reads differently from what was written. */
export function recordOf(row: TaskRow): TaskRecord {
  if (!isWholeTask(row)) throw corruptRow(`the row of task ${row[0]}`);
  return read(row, JSON.parse);
}

export function isWholeTask(row: TaskRow): boolean {
  const status = row[statusPlace];
  const [createdAt, completedAt, submittedCrc32, standingCrc32] = row.slice(behind);
  return (
    submittedChecksum(row.slice(0, statusPlace)) === submittedCrc32 &&
    standingChecksum(row[0], row.slice(statusPlace, behind)) === standingCrc32 &&
    createdAt === row[26] &&
    completedAt === (status === "completed" ? row[42] : null)
  );
}

/** What can be read of a damaged row; what cannot is left out, so that it can be written again. */
export function salvaged(row: TaskRow): TaskRecord {
  const record = read(row, (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  });
  const isState = taskStatuses.some((status) => status === record.status);
  const isPriority = record.priority >= 0 && record.priority <= 9;
  return {
    ...record,
    status: isState ? record.status : "pending",
    priority: isPriority ? record.priority : priorityDefault,
    requiredSkills: record.requiredSkills ?? none,
    optionalSkills: record.optionalSkills ?? none,
    affinityTags: record.affinityTags ?? none,
    parameters: record.parameters ?? {},
  };
}

/** JSON that this store has written. */
type Parse = typeof JSON.parse;

function read(row: TaskRow, parse: Parse): TaskRecord {
  const task: Draft<TaskRecord> = { ...blankTask };
  readSubmitted(task, row, parse);
  readStanding(task, row, parse);
  return task;
}

function readSubmitted(task: Draft<TaskRecord>, row: TaskRow, parse: Parse): void {
  task.taskId = row[0];
  task.type = row[1];
  task.name = row[2];
  task.description = row[3];
  task.model = row[4];
  task.queue = row[5];
  task.needs = row[6];
  task.requiredSkills = row[7] === null ? none : parse(row[7]);
  task.optionalSkills = row[8] === null ? none : parse(row[8]);
  task.affinityTags = row[9] === null ? none : parse(row[9]);
  task.priority = row[10];
  task.parameters = parse(row[11]);
  task.metadata = row[12] === null ? null : parse(row[12]);
  task.inputCount = row[13];
  task.payloadBytes = row[14];
  task.maxRetries = row[15];
  task.retry = row[16] === null ? null : parse(row[16]);
  task.timeoutMs = row[17];
  task.userId = row[18];
  task.fairKey = row[19];
  task.isEvictable = row[20] === 1;
  task.parentId = row[21];
  task.rootId = row[22];
  task.traceId = row[23];
  task.spanId = row[24];
  task.ack = row[25];
  task.submittedAt = row[26];
  task.seq = row[27];
  task.rank = row[28];
  task.deadlineAt = row[29];
  task.charge = row[30] === null ? null : parse(row[30]);
}

function readStanding(task: Draft<TaskRecord>, row: TaskRow, parse: Parse): void {
  task.status = row[31];
  task.version = row[32];
  task.runAt = row[33];
  task.queueDeadlineAt = row[34];
  task.attempt = row[35];
  task.fence = row[36];
  task.retryCount = row[37];
  task.lostLeases = row[38];
  task.assignedNode = row[39];
  task.scheduledAt = row[40];
  task.startedAt = row[41];
  task.finishedAt = row[42];
  task.cancelRequestedAt = row[43];
  task.cancelReason = row[44];
  task.cancelBy = row[45];
  task.errorClass = row[46];
  task.errorCode = row[47];
  task.error = row[48];
  task.figures = row[49] === null ? null : parse(row[49]);
  task.resultCount = row[50];
  task.resultBytes = row[51];
  task.resultExpiresAt = row[52];
  task.progress = row[53];
  task.progressMessage = row[54];
  task.progressAt = row[55];
}
