// Takes a task in, unless it is there already or there is no room for it.

import { payloadBytesOf } from "#protocols/tasks/payload-size.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import {
  type AckLevel,
  priorityDefault,
  queueDefault,
  type TaskSubmission,
} from "#protocols/tasks/task.ts";
import type { QueueRecord, TaskRecord, TurnCharge } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { blankTask } from "./blank-task.ts";
import { charge, turnAtMost, turnOf } from "./fair-turns.ts";
import { keepKey, keyOf, repeated } from "./idempotency.ts";
import { queueFor } from "./queue-settings.ts";
import { ackFor, evict, parentOf, roomFor } from "./task-admission.ts";
import { enter } from "./transition.ts";
import { needsOf } from "./worker-needs.ts";

/** `parent`: one that may have ended; otherwise the task that the submission names. */
export function submit(
  context: StoreContext,
  submission: TaskSubmission,
  origin?: { readonly parent: TaskRecord },
): SubmitResult {
  const queue = queueFor(context, submission.queue ?? submission.routedTo ?? queueDefault);
  const key = keyOf(submission, queue);
  const former = key && repeated(context, key);
  if (former) return former;
  const parent = origin?.parent ?? parentOf(context, submission);
  if (parent === "ended") return { kind: "refused", reason: "parent_ended" };
  const ack = ackFor(context, submission.ack);
  if (ack === undefined) return { kind: "refused", reason: "ack_level" };

  // Lowest first. In a fair queue every task puts the ones of its flow behind it back by its cost.
  const asked = turnOf(context, queue, submission);
  const byPriorityMs = (submission.priority ?? priorityDefault) * queue.agingMsPerLevel;
  const payloadBytes = payloadBytesOf(submission);
  const userId = submission.userId ?? null;
  const { parentId, isBehindOthers = false } = submission;
  const rankMax = asked.atMs + byPriorityMs;
  const newcomer = { userId, rank: rankMax, payloadBytes, parentId, isBehindOthers };
  const room = roomFor(context, queue, newcomer);
  if (room.kind === "full") return room.answer;

  const { shelf } = context;
  if (room.victim) evict(context, room.victim);
  const turn = room.victim ? turnAtMost(asked, turnOf(context, queue, submission)) : asked;
  const rank = turn.atMs + byPriorityMs;
  const made = { queue, ack, payloadBytes, rank, charge: turn.charge, rootId: parent?.rootId };
  const task = newTask(context, submission, made);
  if (submission.inputs.length > 0) shelf.putInputs(task.taskId, submission.inputs);
  charge(context, task);
  if (key) keepKey(context, key, task);
  enter(context, task);
  return { kind: "created", taskId: task.taskId, ack, evicted: room.victim?.taskId ?? null };
}

interface Made {
  readonly queue: QueueRecord;
  readonly ack: AckLevel;
  readonly payloadBytes: number;
  readonly rank: number;
  readonly charge: TurnCharge | null;
  readonly rootId: string | undefined;
}

function newTask(context: StoreContext, submission: TaskSubmission, made: Made): TaskRecord {
  const { nowMs } = context;
  const taskId = context.makeId();
  const runAt = Math.max(submission.runAt ?? nowMs, nowMs);
  const { queueDeadlineMs, deadlineMs } = submission;
  return {
    ...describedBy(context, submission),
    taskId,
    queue: made.queue.queue,
    payloadBytes: made.payloadBytes,
    rootId: made.rootId ?? taskId,
    ack: made.ack,
    submittedAt: nowMs,
    seq: context.shelf.next("task_seq"),
    rank: made.rank,
    charge: made.charge,
    deadlineAt: deadlineMs === undefined ? null : nowMs + deadlineMs,
    status: runAt > nowMs ? "scheduled" : "pending",
    runAt,
    queueDeadlineAt: queueDeadlineMs === undefined ? null : runAt + queueDeadlineMs,
  };
}

const describedBy = ({ policy }: StoreContext, submission: TaskSubmission): TaskRecord => ({
  ...blankTask,
  type: submission.type,
  name: submission.name ?? submission.type,
  description: submission.description ?? null,
  model: submission.model,
  needs: needsOf(submission),
  requiredSkills: submission.requiredSkills ?? [],
  optionalSkills: submission.optionalSkills ?? [],
  affinityTags: submission.affinityTags ?? [],
  priority: submission.priority ?? priorityDefault,
  parameters: submission.parameters,
  metadata: submission.metadata ?? null,
  inputCount: submission.inputs.length,
  maxRetries: submission.maxRetries ?? policy.retriesMaxDefault,
  retry: submission.retry ?? null,
  timeoutMs: submission.timeoutMs ?? null,
  userId: submission.userId ?? null,
  fairKey: submission.fairKey ?? null,
  isEvictable: submission.isEvictable ?? true,
  parentId: submission.parentId ?? null,
  traceId: submission.traceId ?? null,
  spanId: submission.spanId ?? null,
});
