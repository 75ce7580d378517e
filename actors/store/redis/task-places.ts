// In which indexes a task stands, by where it stands itself; pure. What changes when it moves is the
// difference of two of these lists.
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { TaskRecord } from "../records.ts";
import type { ReadyEntry } from "../shelf.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import type { Ranked } from "./sorted-window.ts";

export interface TaskPlace extends Ranked {
  readonly key: string;
}

/** Digits of the largest sequence number, so that members sort like their numbers. */
const digits = 16;
export const padded = (seq: number): string => String(seq).padStart(digits, "0");

/** A task in an index where equals are told apart by a number: their arrival, or their fence. */
export const numbered = (number: number, taskId: string): string => `${padded(number)}:${taskId}`;

export const taskIdOf = (member: string): string => member.slice(digits + 1);

/** The index of all that may be evicted is upside down: its first entry is the last in rank. */
export const evictablePlace = (keys: StoreKeys, task: TaskRecord): TaskPlace => ({
  key: keys.evictable(task.queue),
  score: -task.rank,
  member: numbered(Number.MAX_SAFE_INTEGER - task.seq, task.taskId),
});

export function placesOf(
  keys: StoreKeys,
  task: TaskRecord,
  hasChildren: () => boolean,
): readonly TaskPlace[] {
  const { queue, rank, seq, status, taskId: member } = task;
  const places: TaskPlace[] = [
    { key: keys.by("status", status), score: seq, member },
    ...timesOf(keys, task),
  ];
  if (task.assignedNode !== null) {
    places.push({ key: keys.by("node", task.assignedNode), score: seq, member });
  }
  if (status !== "pending") return places;
  const ready = keys.ready(queue, task.needs);
  places.push({ key: ready, score: rank, member: numbered(seq, member) });
  const mayGiveWay = task.isEvictable && task.fence === 0 && !hasChildren();
  if (mayGiveWay) places.push(evictablePlace(keys, task));
  return places;
}

/** When something is to happen to it. */
function timesOf(keys: StoreKeys, task: TaskRecord): readonly TaskPlace[] {
  const { deadlineAt, queueDeadlineAt, resultExpiresAt, runAt, status } = task;
  const member = numbered(task.seq, task.taskId);
  const places: TaskPlace[] = [];
  const waits = status === "scheduled" || status === "pending";
  if (status === "scheduled") places.push({ key: keys.due, score: runAt, member });
  if (waits && queueDeadlineAt !== null) {
    places.push({ key: keys.queueDue, score: queueDeadlineAt, member });
  }
  if (isEnded(status)) {
    if (resultExpiresAt !== null) places.push({ key: keys.ttl, score: resultExpiresAt, member });
  } else if (deadlineAt !== null) {
    places.push({ key: keys.deadlines, score: deadlineAt, member });
  }
  return places;
}

/** Those that stay as long as the task is known. */
export function lastingPlacesOf(keys: StoreKeys, task: TaskRecord): readonly TaskPlace[] {
  const { parentId, queue, seq: score, taskId: member, userId } = task;
  const places: TaskPlace[] = [
    { key: keys.all, score, member },
    { key: keys.by("queue", queue), score, member },
  ];
  if (userId !== null) places.push({ key: keys.by("user", userId), score, member });
  if (parentId !== null) places.push({ key: keys.children(parentId), score, member });
  return places;
}

/** Under which a user's waiting tasks are counted: no user has the name of those who name nobody. */
export const waitingName = (userId: string | null): string => userId ?? "those who name nobody";

/** What stands in the index of the ready tasks. */
export function readyEntryOf({ member, score: rank }: Ranked): ReadyEntry {
  return { taskId: taskIdOf(member), rank, seq: Number(member.slice(0, digits)) };
}

export function evictableEntryOf({ member, score }: Ranked): ReadyEntry {
  const seq = Number.MAX_SAFE_INTEGER - Number(member.slice(0, digits));
  return { taskId: taskIdOf(member), rank: -score, seq };
}
