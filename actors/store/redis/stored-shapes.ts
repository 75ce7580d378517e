// The records of the store as they stand in Redis. A task's are two: what it was submitted as, which
// never changes, and where it stands, which each transition writes anew.
import { ackLevels } from "#protocols/tasks/task.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { taskStatuses } from "#protocols/tasks/task-states.ts";
import type {
  AttemptRecord,
  ConfirmationRecord,
  KeyRecord,
  LeaseRecord,
  QueueRecord,
  TaskRecord,
} from "../records.ts";
import { type RecordShape, recordCodec } from "./sealed-record.ts";
import type { StoredBytes, StoredFile } from "./stored-bytes.ts";

const submitted = {
  taskId: "text",
  type: "text",
  name: "text",
  description: "text or null",
  model: "text",
  queue: "text",
  needs: "text",
  requiredSkills: "texts",
  optionalSkills: "texts",
  affinityTags: "texts",
  priority: "number",
  parameters: "object",
  metadata: "object or null",
  inputCount: "number",
  payloadBytes: "number",
  maxRetries: "number",
  retry: "object or null",
  timeoutMs: "number or null",
  userId: "text or null",
  fairKey: "text or null",
  isEvictable: "flag",
  parentId: "text or null",
  rootId: "text",
  traceId: "text or null",
  spanId: "text or null",
  ack: ackLevels,
  submittedAt: "number",
  seq: "number",
  rank: "number",
  deadlineAt: "number or null",
  charge: "object or null",
} as const satisfies Partial<RecordShape<TaskRecord>>;

export type SubmittedPart = Pick<TaskRecord, keyof typeof submitted>;
export type StandingPart = Omit<TaskRecord, keyof typeof submitted>;

const standing = {
  status: taskStatuses,
  version: "number",
  runAt: "number",
  queueDeadlineAt: "number or null",
  attempt: "number",
  fence: "number",
  retryCount: "number",
  lostLeases: "number",
  assignedNode: "text or null",
  scheduledAt: "number or null",
  startedAt: "number or null",
  finishedAt: "number or null",
  cancelRequestedAt: "number or null",
  cancelReason: "text or null",
  cancelBy: "text or null",
  errorClass: "text or null",
  errorCode: "text or null",
  error: "text or null",
  figures: "object or null",
  resultCount: "number",
  resultBytes: "number",
  resultExpiresAt: "number or null",
  progress: "number or null",
  progressMessage: "text or null",
  progressAt: "number or null",
} as const satisfies RecordShape<StandingPart>;

export type StoredAttempt = Omit<AttemptRecord, "checkpoint"> & {
  readonly checkpoint: StoredBytes | null;
};

const lease: RecordShape<LeaseRecord> = {
  taskId: "text",
  fence: "number",
  attempt: "number",
  node: "text",
  incarnation: "number",
  grantedAt: "number",
  expiresAt: "number",
  attemptDeadlineAt: "number or null",
  renewals: "number",
};

const attempt: RecordShape<StoredAttempt> = {
  taskId: "text",
  attempt: "number",
  fence: "number",
  node: "text",
  startedAt: "number",
  queueMs: "number",
  finishedAt: "number or null",
  runMs: "number or null",
  outcome: "text or null",
  errorClass: "text or null",
  errorCode: "text or null",
  error: "text or null",
  nextRunAt: "number or null",
  checkpoint: "object or null",
};

const queue: RecordShape<QueueRecord> = {
  queue: "text",
  isPaused: "flag",
  pendingMax: "number",
  pendingBytesMax: "number",
  perUserMax: "number",
  whenFull: ["reject", "evict_lowest", "block"],
  agingMsPerLevel: "number",
  fairMs: "number",
  leaseMs: "number",
  retry: "object",
  completedTtlMs: "number",
  failedTtlMs: "number",
  isKeyRequired: "flag",
  scheduled: "number",
  pending: "number",
  pendingBytes: "number",
  running: "number",
  waitingConfirmation: "number",
  completedTotal: "number",
  failedTotal: "number",
  cancelledTotal: "number",
  timedOutTotal: "number",
  evictedTotal: "number",
  window: "object",
  runs: "object",
  fairWeights: "object or null",
};

const key: RecordShape<KeyRecord> = {
  scope: "text",
  key: "text",
  fingerprint: "text",
  taskId: "text",
  ack: ackLevels,
  createdAt: "number",
  expiresAt: "number",
};

/** `ordinal`: questions of one moment are told in the order in which they were asked. */
export type StoredConfirmation = ConfirmationRecord & { readonly ordinal: number };

const confirmation: RecordShape<StoredConfirmation> = {
  ordinal: "number",
  callbackId: "text",
  taskId: "text",
  step: "number",
  attempt: "number",
  fence: "number",
  userId: "text",
  stepResult: "object",
  mode: ["hold", "park"],
  onTimeout: ["proceed", "reject", "fail"],
  createdAt: "number",
  expiresAt: "number",
  decision: "text or null",
  feedback: "text or null",
  decidedBy: "text or null",
  decidedAt: "number or null",
};

const event: RecordShape<StoreEvent> = {
  eventId: "number",
  channel: "text",
  seq: "number",
  type: "text",
  taskId: "text or null",
  payload: "object",
  at: "number",
};

/** They remember what they have opened and sealed, as long as its bytes are in use. */
export const recordCodecs = () => ({
  submitted: recordCodec<SubmittedPart>(submitted),
  standing: recordCodec<StandingPart>(standing),
  lease: recordCodec<LeaseRecord>(lease),
  attempt: recordCodec<StoredAttempt>(attempt),
  queue: recordCodec<QueueRecord>(queue),
  key: recordCodec<KeyRecord>(key),
  confirmation: recordCodec<StoredConfirmation>(confirmation),
  event: recordCodec<StoreEvent>(event),
  files: recordCodec<{ readonly files: readonly StoredFile[] }>({ files: "objects" }),
});

export type RecordCodecs = ReturnType<typeof recordCodecs>;
