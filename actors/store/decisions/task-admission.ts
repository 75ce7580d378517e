// Whether a task may come in: its parent lives, the store can give what the acknowledgement is to
// survive, and there is room for it, if need be because a less urgent one gives way.
import { Failure } from "#protocols/failure.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import { type AckLevel, ackLevels, type TaskSubmission } from "#protocols/tasks/task.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { QueueRecord, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endTask } from "./ending.ts";
import { parkedOfUser } from "./parked-tasks.ts";
import { drainMs } from "./rate-window.ts";

/** The level that is reached: what was asked for, or the next better one that the store has. */
export function ackFor({ info }: StoreContext, asked: AckLevel | undefined): AckLevel | undefined {
  if (asked === undefined) return info.ackLevels.at(-1);
  const least = ackLevels.indexOf(asked);
  return info.ackLevels.find((level) => ackLevels.indexOf(level) >= least);
}

/** `ended` when it has ended, is to, or is not known any more; undefined when there is none. */
export function parentOf(
  { shelf }: StoreContext,
  { parentId }: TaskSubmission,
): TaskRecord | "ended" | undefined {
  if (parentId === undefined) return undefined;
  const parent = shelf.task(parentId);
  const isOver =
    parent === undefined || isEnded(parent.status) || parent.cancelRequestedAt !== null;
  return isOver ? "ended" : parent;
}

export interface Newcomer {
  readonly userId: string | null;
  readonly rank: number;
  readonly payloadBytes: number;
  /** It does not give way to its own child. */
  readonly parentId: string | undefined;
  readonly isBehindOthers: boolean;
}

type Full = Extract<SubmitResult, { kind: "full" }>;
export type Room =
  | { readonly kind: "room"; readonly victim: TaskRecord | undefined }
  | { readonly kind: "full"; readonly answer: Full };

/** Changes nothing yet: `victim` has to go for the newcomer. Fails with `too_large` for what never has room. */
export function roomFor(context: StoreContext, queue: QueueRecord, newcomer: Newcomer): Room {
  checkSize(queue, newcomer);
  const limit = limitMet(context, queue, newcomer);
  if (limit === undefined) return { kind: "room", victim: undefined };
  const canGiveWay = limit === "tasks" || limit === "bytes";
  const victim =
    canGiveWay && queue.whenFull === "evict_lowest"
      ? whoGivesWay(context, queue, newcomer)
      : undefined;
  if (victim) return { kind: "room", victim };
  if (limit === "people") {
    // Nobody knows how fast people answer.
    const full = { kind: "full", limit, pending: queue.waitingConfirmation } as const;
    return { kind: "full", answer: { ...full, retryAfterMs: null } };
  }
  const pending = queue.pending + queue.scheduled;
  const retryAfterMs = drainMs(queue.window, pending, context.nowMs);
  return { kind: "full", answer: { kind: "full", limit, pending, retryAfterMs } };
}

export function evict(context: StoreContext, victim: TaskRecord): void {
  endTask(context, victim, {
    status: "evicted",
    class: "resource",
    code: "QUEUE_OVERFLOW",
    detail: `the queue "${victim.queue}" was full and a more urgent task came; submit it again later`,
  });
}

function checkSize({ queue, pendingBytesMax }: QueueRecord, { payloadBytes }: Newcomer): void {
  if (payloadBytes <= pendingBytesMax) return;
  throw new Failure(
    "too_large",
    `the task has ${payloadBytes} bytes of parameters and files, and the queue "${queue}" holds ${pendingBytesMax} in all: send less, or to another queue`,
  );
}

function limitMet(
  { shelf }: StoreContext,
  { queue, pending, scheduled, waitingConfirmation, pendingBytes, ...settings }: QueueRecord,
  { userId, payloadBytes, isBehindOthers }: Newcomer,
): Full["limit"] | undefined {
  // Those who name nobody share one part, or who leaves the name out would have no limit.
  if (settings.perUserMax < settings.pendingMax) {
    const count = shelf.pendingOfUser(queue, userId) + parkedOfUser(shelf, queue, userId);
    if (count >= settings.perUserMax) return "user";
  }
  // They take no place of those that wait for a worker: as many again may wait.
  if (waitingConfirmation >= Math.max(1, settings.pendingMax)) return "people";
  if (pending + scheduled >= settings.pendingMax) return "tasks";
  if (pendingBytes + payloadBytes > settings.pendingBytesMax) return "bytes";
  return isBehindOthers ? "others" : undefined;
}

/** The last in rank, if the newcomer goes before it and would then fit. Of equals the newcomer waits. */
function whoGivesWay(
  { shelf }: StoreContext,
  queue: QueueRecord,
  { rank, payloadBytes, parentId }: Newcomer,
): TaskRecord | undefined {
  const worst = shelf.worstEvictable(queue.queue);
  if (!worst || rank >= worst.rank || worst.taskId === parentId) return undefined;
  const victim = shelf.salvage(worst.taskId);
  if (!victim) return undefined;
  const fits =
    queue.pendingBytes - victim.payloadBytes + payloadBytes <= queue.pendingBytesMax &&
    queue.pending + queue.scheduled <= queue.pendingMax;
  return fits ? victim : undefined;
}
