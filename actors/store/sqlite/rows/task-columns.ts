// Which column holds which field of a task, in two groups with a checksum each: what was submitted
// never changes, where it stands changes with each transition.
import type { TaskRecord } from "../../records.ts";

export type TaskField = keyof TaskRecord;

/** In the order in which the checksum takes them. */
export const submittedColumns = {
  taskId: "task_id",
  type: "task_type",
  name: "name",
  description: "description",
  model: "model_name",
  queue: "queue",
  needs: "needs",
  requiredSkills: "required_skills",
  optionalSkills: "optional_skills",
  affinityTags: "affinity_tags",
  priority: "priority",
  parameters: "parameters",
  metadata: "metadata",
  inputCount: "input_count",
  payloadBytes: "payload_bytes",
  maxRetries: "max_retries",
  retry: "retry_policy",
  timeoutMs: "timeout",
  userId: "user_id",
  fairKey: "fair_key",
  isEvictable: "evictable",
  parentId: "parent_id",
  rootId: "root_id",
  traceId: "trace_id",
  spanId: "span_id",
  ack: "ack_level",
  submittedAt: "submitted_at",
  seq: "seq",
  rank: "rank",
  deadlineAt: "deadline_at",
  charge: "charge",
} as const satisfies Partial<Record<TaskField, string>>;

export const standingColumns = {
  status: "status",
  version: "version",
  runAt: "run_at",
  queueDeadlineAt: "queue_deadline_at",
  attempt: "attempt",
  fence: "fence",
  retryCount: "retry_count",
  lostLeases: "lost_leases",
  assignedNode: "assigned_node",
  scheduledAt: "scheduled_at",
  startedAt: "started_at",
  finishedAt: "finished_at",
  cancelRequestedAt: "cancel_requested_at",
  cancelReason: "cancel_reason",
  cancelBy: "cancel_by",
  errorClass: "error_class",
  errorCode: "error_code",
  error: "error",
  figures: "result",
  resultCount: "result_count",
  resultBytes: "result_bytes",
  resultExpiresAt: "result_expires_at",
  progress: "progress",
  progressMessage: "progress_message",
  progressAt: "progress_at",
} as const satisfies Partial<Record<TaskField, string>>;

export type SubmittedField = keyof typeof submittedColumns;
export type StandingField = keyof typeof standingColumns;

/** Columns of the source that repeat what another says: written for its tools, checked on read. */
export const repeatedColumns = ["created_at", "completed_at"] as const;

const isSubmitted = (name: string): name is SubmittedField => name in submittedColumns;
const isStanding = (name: string): name is StandingField => name in standingColumns;

export const submittedFields: readonly SubmittedField[] =
  Object.keys(submittedColumns).filter(isSubmitted);
export const standingFields: readonly StandingField[] =
  Object.keys(standingColumns).filter(isStanding);

/** The columns under the names of their fields, for a SELECT. */
export const taskSelection = [
  ...Object.entries(submittedColumns).map(([field, column]) => `${column} AS ${field}`),
  ...Object.entries(standingColumns).map(([field, column]) => `${column} AS ${field}`),
  "created_at AS createdAt",
  "completed_at AS completedAt",
  "submitted_crc32 AS submittedCrc32",
  "standing_crc32 AS standingCrc32",
].join(", ");
