import { storeLimits } from "#protocols/store-limits.ts";
import type { ClaimRequest } from "#protocols/tasks/store.ts";
import { queueDefault, type TaskFile, type TaskLease } from "#protocols/tasks/task.ts";
import type { QueueRecord, TaskRecord } from "../records.ts";
import type { ReadyEntry } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";
import { lookahead, preferred, prefersSome } from "./affinity.ts";
import { decidedOf } from "./confirmations.ts";
import { endOverdue, isOverdue } from "./deadlines.ts";
import { endDamaged } from "./ending.ts";
import { queueOf } from "./queue-settings.ts";
import { move } from "./transition.ts";
import { canServe, type WorkerGifts } from "./worker-needs.ts";

export function claim(context: StoreContext, request: ClaimRequest): readonly TaskLease[] {
  const queues = openQueues(context, request);
  const leases: TaskLease[] = [];
  let endedCount = 0;
  while (leases.length < request.max && endedCount <= storeLimits.claimOverdueMax) {
    const candidates = firstInRank(context, queues, request, leases);
    if (candidates.length === 0) break;
    for (const { taskId } of candidates) {
      const lease = claimOne(context, taskId, request);
      if (lease) leases.push(lease);
      else endedCount += 1;
    }
  }
  return leases;
}

function openQueues(
  context: StoreContext,
  { queues = [queueDefault] }: ClaimRequest,
): readonly QueueRecord[] {
  return [...new Set(queues)]
    .map((queue) => queueOf(context, queue))
    .filter(({ isPaused, pending }) => !isPaused && pending > 0);
}

function firstInRank(
  context: StoreContext,
  queues: readonly QueueRecord[],
  request: ClaimRequest,
  taken: readonly TaskLease[],
): readonly ReadyEntry[] {
  const { shelf } = context;
  const max = request.max - taken.length;
  const gifts: WorkerGifts = {
    models: new Set(request.models),
    skills: new Set(request.skills),
  };
  const isChoosy = prefersSome(request);
  const seen = isChoosy ? max * lookahead : max;
  const sources = queues.flatMap(({ queue }) => {
    const left = leftOf(queue, request, taken);
    if (left <= 0) return [];
    const found = shelf
      .readyNeeds(queue)
      .filter((needs) => canServe(gifts, needs))
      .map((needs) => shelf.ready(queue, needs, seen));
    return left === Infinity ? found : [found.flat().sort(byRank).slice(0, left)];
  });
  const [only] = sources;
  const first = sources.length === 1 && only ? only : sources.flat().sort(byRank).slice(0, seen);
  return isChoosy ? preferred(context, request, first).slice(0, max) : first;
}

/** How many of the queue this claim may still have. */
function leftOf(queue: string, { queueMax }: ClaimRequest, taken: readonly TaskLease[]): number {
  const most = queueMax?.[queue];
  if (most === undefined) return Infinity;
  return most - taken.filter((lease) => lease.queue === queue).length;
}

const byRank = (a: ReadyEntry, b: ReadyEntry): number => a.rank - b.rank || a.seq - b.seq;

/** The lease, or undefined when the task has ended instead. */
function claimOne(
  context: StoreContext,
  taskId: string,
  request: ClaimRequest,
): TaskLease | undefined {
  try {
    const task = context.shelf.task(taskId);
    if (!task) return undefined;
    if (isOverdue(task, context.nowMs)) {
      endOverdue(context, task);
      return undefined;
    }
    return grant(context, task, request);
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
function grant(context: StoreContext, task: TaskRecord, request: ClaimRequest): TaskLease {
  const { shelf, nowMs, info } = context;
  const { taskId, type, model, queue, parameters, timeoutMs } = task;
  const { inputs, checkpoint } = luggageOf(context, task);
  const isFirst = task.attempt === 0;
  const confirmations = isFirst ? [] : decidedOf(context, taskId);
  const leaseMs = request.leaseMs ?? queueOf(context, queue).leaseMs;

  const fence = shelf.next("fence");
  const attempt = task.attempt + 1;
  start(context, task, { request, fence, attempt, leaseMs, checkpoint });
  move(context, task, {
    to: "running",
    changes: {
      attempt,
      fence,
      assignedNode: request.node,
      scheduledAt: task.scheduledAt ?? nowMs,
      startedAt: nowMs,
      queueDeadlineAt: null,
      progress: null,
      progressMessage: null,
      progressAt: null,
    },
  });
  const lease = { taskId, fence, epoch: info.epoch, attempt, type, model, queue, parameters };
  return { ...lease, inputs, leaseMs, timeoutMs, checkpoint, confirmations };
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
  const { taskId, timeoutMs, runAt } = task;
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
    attemptDeadlineAt: timeoutMs === null ? null : nowMs + timeoutMs,
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
