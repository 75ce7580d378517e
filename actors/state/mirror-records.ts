// Records as they are read back from the copy's hashes. Pure. `wordsOf` in `mirror-plan.ts` wrote them: what is
// text stands as it is, all else as JSON, and what is null is left out.
import { Failure } from "#protocols/failure.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { StoreCounts } from "#protocols/tasks/store.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { Hash } from "./mirror-keys.ts";
import { sealField } from "./mirror-seals.ts";

type Form = "text" | "json";
/** Of every field: the type sees to it that none is left out. */
type Forms<T> = Readonly<Record<keyof T & string, Form>>;

const taskForms: Forms<TaskView> = {
  taskId: "text",
  type: "text",
  name: "text",
  model: "text",
  queue: "text",
  status: "text",
  priority: "json",
  attempt: "json",
  retryCount: "json",
  maxRetries: "json",
  lostLeases: "json",
  assignedNode: "text",
  userId: "text",
  fairKey: "text",
  retry: "json",
  isEvictable: "json",
  parentId: "text",
  submittedAt: "json",
  runAt: "json",
  startedAt: "json",
  finishedAt: "json",
  deadlineAt: "json",
  cancelRequestedAt: "json",
  errorCode: "text",
  error: "text",
  progress: "json",
  progressMessage: "text",
  version: "json",
};

const nodeForms: Forms<NodeRecord> = {
  node: "text",
  hostname: "text",
  platform: "text",
  arch: "text",
  status: "text",
  cpuPercent: "json",
  memoryPercent: "json",
  diskPercent: "json",
  skills: "json",
  maxConcurrentTasks: "json",
  runningTasks: "json",
  ipAddress: "text",
  tailscaleIp: "text",
  port: "json",
  tasksTotal: "json",
  tasksCompleted: "json",
  tasksFailed: "json",
  runSecondsMean: "json",
  registeredAt: "json",
  lastHeartbeatAt: "json",
  tags: "json",
  incarnation: "json",
  version: "json",
  statusReason: "text",
  statusSince: "json",
  leaseExpiresAt: "json",
  heartbeatSeq: "json",
  failuresInRow: "json",
  quarantinedUntil: "json",
  isDraining: "json",
  isPaused: "json",
  hold: "json",
  provider: "text",
  costPerHour: "json",
  softwareVersion: "text",
  means: "json",
  publicKey: "text",
  updatedAt: "json",
};

const queueForms: Forms<QueueView> = {
  queue: "text",
  isPaused: "json",
  pendingMax: "json",
  pendingBytesMax: "json",
  perUserMax: "json",
  whenFull: "text",
  agingMsPerLevel: "json",
  fairMs: "json",
  fairWeights: "json",
  leaseMs: "json",
  retry: "json",
  completedTtlMs: "json",
  failedTtlMs: "json",
  isKeyRequired: "json",
  scheduled: "json",
  pending: "json",
  pendingBytes: "json",
  running: "json",
  waitingConfirmation: "json",
  completedTotal: "json",
  failedTotal: "json",
  cancelledTotal: "json",
  timedOutTotal: "json",
  evictedTotal: "json",
  endedPerSecond: "json",
  claimedPerSecond: "json",
  retriesLately: "json",
  retryBudgetLeft: "json",
  queueMsMean: "json",
  runMsMean: "json",
};

export function taskIn(hash: Hash): TaskView {
  const task: TaskView = parsed(hash, taskForms);
  return task;
}

export function nodeIn(hash: Hash): NodeRecord {
  const node: NodeRecord = parsed(hash, nodeForms);
  return node;
}

export function queueIn(hash: Hash): QueueView {
  const queue: QueueView = parsed(hash, queueForms);
  return queue;
}

/** All of them are numbers. */
export function countsIn(hash: Hash): StoreCounts {
  const fields = [...hash.keys()].filter((name) => name !== sealField);
  const counts: StoreCounts = parsed(
    hash,
    Object.fromEntries(fields.map((name) => [name, "json"])),
  );
  return counts;
}

/** Fails with `corrupt` when somebody else has written there. */
function parsed(hash: Hash, forms: Readonly<Record<string, Form>>) {
  const members = Object.entries(forms).map(([field, form]) => {
    const word = hash.get(field);
    const text = form === "text" && word !== undefined ? JSON.stringify(word) : (word ?? "null");
    return `${JSON.stringify(field)}:${text}`;
  });
  try {
    return JSON.parse(`{${members.join(",")}}`);
  } catch (error) {
    throw new Failure("corrupt", "the copy in Redis has something else than was written", error);
  }
}
