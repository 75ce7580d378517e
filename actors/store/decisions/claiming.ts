// A worker gets tasks: leases for the first in rank of those that it can run, ends of those that came too
// late on the way.
import { storeLimits } from "#protocols/store-limits.ts";
import type { ClaimRequest, WaitingKind } from "#protocols/tasks/claim-request.ts";
import type { TaskFile, TaskLease } from "#protocols/tasks/task.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { claimDelay as delayOf, firstInRank, openQueues, type Search } from "./candidates.ts";
import { ClaimPace } from "./claim-pace.ts";
import { endOverdue, isOverdue } from "./deadlines.ts";
import { endDamaged } from "./ending.ts";
import { Elsewhere } from "./left-to-others.ts";
import { decidedOf } from "./questions.ts";
import { allQueues, queueOf } from "./queue-settings.ts";
import { firstOfKind } from "./ready-order.ts";
import { attemptDeadlineOf, beginsByAt, beginsParent } from "./steps-beginning.ts";
import { move } from "./transition.ts";
import { WishedTasks } from "./wished-tasks.ts";
import { WorkerGifts } from "./worker-gifts.ts";
import { needsIn } from "./worker-needs.ts";

export function claim(context: StoreContext, request: ClaimRequest): readonly TaskLease[] {
  const search = searchFor(context, request);
  const leases: TaskLease[] = [];
  let endedCount = 0;
  const { passed } = search;
  const { claimOverdueMax: endedMax, claimPassedMax: passedMax } = storeLimits;
  while (leases.length < request.max && endedCount <= endedMax && passed.size <= passedMax) {
    // As many more as were passed, so that a few looks reach those behind them.
    const candidates = firstInRank(context, search, request.max - leases.length + passed.size);
    if (candidates.length === 0) break;
    for (const { taskId } of candidates) {
      if (leases.length >= request.max) break;
      const lease = claimOne(context, taskId, search);
      if (lease === "passed") passed.add(taskId);
      else if (lease) leases.push(lease);
      else endedCount += 1;
    }
  }
  return leases;
}

export const claimDelay = (context: StoreContext, request: ClaimRequest): number | null =>
  delayOf(context, searchFor(context, request));

const searchFor = (context: StoreContext, request: ClaimRequest): Search => ({
  request,
  gifts: new WorkerGifts(context.records, request),
  queues: openQueues(context, request),
  pace: new ClaimPace(context, request.rates),
  passed: new Set(),
  elsewhere: new Elsewhere(context, request),
  wished: new WishedTasks(context, request),
});

/** By queue; of paused queues none. */
export function waitingKinds(context: StoreContext): readonly WaitingKind[] {
  const { shelf } = context;
  const kinds: WaitingKind[] = [];
  for (const { queue, isPaused, pending } of allQueues(context)) {
    if (isPaused || pending === 0) continue;
    for (const kind of shelf.readyKinds(queue)) {
      if (kinds.length >= storeLimits.storePageMax) return kinds;
      const [first] = firstOfKind(shelf, kind, { queue, max: 1 });
      if (!first) continue;
      const { model, requiredSkills, skillLevel, machine } = kind.needs;
      kinds.push({ queue, model, requiredSkills, skillLevel, machine, taskId: first.taskId });
    }
  }
  return kinds;
}

/** The lease; `passed` when another node is to have it, undefined when the task has ended instead. */
function claimOne(
  context: StoreContext,
  taskId: string,
  { request, pace, elsewhere, wished }: Search,
): TaskLease | "passed" | undefined {
  try {
    const task = context.shelf.task(taskId);
    // One that ended a moment ago, with a task that this claim found to be overdue.
    if (task?.status !== "pending") return undefined;
    if (isOverdue(task, context.nowMs)) {
      endOverdue(context, task);
      return undefined;
    }
    const leaving = elsewhere.of(task);
    if (leaving.kind === "left" || wished.waitMs(task) > 0) return "passed";
    const note = leaving.kind === "taken again" ? leaving.why : undefined;
    const lease = grant(context, task, { request, note });
    pace.took(task);
    return lease;
  } catch (cause) {
    endDamaged(context, taskId, cause);
    return undefined;
  }
}

interface Luggage {
  readonly inputs: readonly TaskFile[];
  readonly checkpoint: Uint8Array | null;
}

/** Reads all first, so that damage is met before anything is written. */
function grant(
  context: StoreContext,
  task: TaskRecord,
  { request, note }: { readonly request: ClaimRequest; readonly note: string | undefined },
): TaskLease {
  const { shelf, nowMs, info } = context;
  const { taskId, type, model, queue, parameters, priority } = task;
  const { inputs, checkpoint } = luggageOf(context, task);
  const isFirst = task.attempt === 0;
  const confirmations = isFirst ? [] : decidedOf(context, taskId);
  const leaseMs = request.leaseMs ?? queueOf(context, queue).leaseMs;

  const fence = shelf.next("fence");
  const attempt = task.attempt + 1;
  start(context, task, { request, fence, attempt, leaseMs, checkpoint });
  move(context, task, {
    to: "running",
    note,
    changes: {
      attempt,
      fence,
      assignedNode: request.node,
      scheduledAt: task.scheduledAt ?? nowMs,
      startedAt: nowMs,
      queueDeadlineAt: beginsByAt(task),
      progress: null,
      progressMessage: null,
      progressAt: null,
    },
  });
  beginsParent(context, task);
  const lease = { taskId, fence, epoch: info.epoch, attempt, type, model, queue, parameters };
  const batchKey = needsIn(task.needs)?.batchKey ?? undefined;
  const batch = batchKey === undefined ? {} : { batchKey };
  const timeoutMs = timeLeftOf(task, nowMs);
  return { ...lease, inputs, leaseMs, timeoutMs, priority, checkpoint, confirmations, ...batch };
}

/** Null: as long as it takes. */
function timeLeftOf({ deadlineAt, timeoutMs }: TaskRecord, nowMs: number): number | null {
  const untilDeadline = deadlineAt === null ? null : Math.max(1, deadlineAt - nowMs);
  const times = [timeoutMs, untilDeadline].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function luggageOf({ shelf }: StoreContext, task: TaskRecord): Luggage {
  const { taskId, attempt, inputCount } = task;
  return {
    inputs: inputCount === 0 ? [] : shelf.inputs(task),
    checkpoint: attempt === 0 ? null : (shelf.attempt(taskId, attempt)?.checkpoint ?? null),
  };
}

interface Start {
  readonly request: ClaimRequest;
  readonly fence: number;
  readonly attempt: number;
  readonly leaseMs: number;
  readonly checkpoint: Uint8Array | null;
}

function start({ shelf, nowMs }: StoreContext, task: TaskRecord, made: Start): void {
  const { taskId, runAt } = task;
  const { request, fence, attempt, leaseMs, checkpoint } = made;
  const { node, incarnation } = request;
  shelf.putLease({
    taskId,
    fence,
    attempt,
    node,
    incarnation,
    grantedAt: nowMs,
    expiresAt: nowMs + leaseMs,
    attemptDeadlineAt: attemptDeadlineOf(task, nowMs),
    renewals: 0,
  });
  shelf.putAttempt({
    taskId,
    attempt,
    fence,
    node,
    startedAt: nowMs,
    queueMs: Math.max(0, nowMs - runAt),
    finishedAt: null,
    runMs: null,
    outcome: null,
    errorClass: null,
    errorCode: null,
    error: null,
    nextRunAt: null,
    checkpoint,
  });
}
