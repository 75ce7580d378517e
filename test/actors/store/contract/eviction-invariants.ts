// Who gives way: the events are gone through in the order of commits, and at each eviction the victim
// is compared with all that could have given way in its stead.
import { channelOf } from "#protocols/tasks/task-events.ts";
import { isEnded, type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";
import type { Evidence, Invariant } from "./evidence.ts";

export const evictionInvariants: Readonly<Record<string, Invariant>> = {
  "the evicted was the last in rank": ({ log, observed }) => {
    const isComplete = [...observed.channels.values()].every((channel) => !channel.isTrimmed);
    return isComplete ? wrongVictims({ log, observed }) : [];
  },
};

interface Waiting {
  readonly queue: string;
  readonly rank: number;
  readonly isEvictable: boolean;
  readonly parentId: string | undefined;
}

function wrongVictims({ log, observed }: Evidence): readonly string[] {
  const known = ranksOf({ log, observed });
  const pending = new Map<string, Waiting>();
  const started = new Set<string>();
  const parents = new Set<string>();
  const problems: string[] = [];
  for (const { taskId, channel, type } of observed.tail) {
    if (taskId === null || channel !== channelOf.task(taskId)) continue;
    const task = known.get(taskId);
    if (!task) continue;
    if (type === "submitted" && task.parentId !== undefined) parents.add(task.parentId);
    const mayWait = type === "pending" || (type === "submitted" && !task.isScheduled);
    if (mayWait && !started.has(taskId)) pending.set(taskId, task);
    if (type === "running") started.add(taskId);
    if (type === "evicted") {
      const better = [...pending].filter(
        ([other, { rank, queue, isEvictable }]) =>
          isEvictable && !parents.has(other) && queue === task.queue && rank > task.rank,
      );
      problems.push(...better.map(([other]) => `${taskId} gave way, ${other} was behind it`));
    }
    if (type === "running" || isEndedType(type)) pending.delete(taskId);
  }
  return problems;
}

const isEndedType = (type: string): boolean =>
  taskStatuses.some((status: TaskStatus) => status === type && isEnded(status));

/** Ranks as the queues' settings of their time made them; those of fair queues are not told. */
function ranksOf({
  log,
  observed,
}: Evidence): ReadonlyMap<string, Waiting & { readonly isScheduled: boolean }> {
  const arrivals = new Map(observed.tasks.map((task) => [task.taskId, task.submittedAt]));
  const aging = new Map<string, number>();
  const fair = new Set<string>();
  const ranks = new Map<string, Waiting & { readonly isScheduled: boolean }>();
  for (const entry of log) {
    if (entry.kind === "queue") {
      aging.set(entry.view.queue, entry.view.agingMsPerLevel);
      if (entry.view.fairMs > 0) fair.add(entry.view.queue);
    }
    if (entry.kind !== "submit" || entry.result.kind !== "created") continue;
    const { submission, atMs, result } = entry;
    const queue = submission.queue ?? "default";
    const arrivedAt = arrivals.get(result.taskId) ?? atMs;
    const rank = arrivedAt + (submission.priority ?? 2) * (aging.get(queue) ?? 30_000);
    ranks.set(result.taskId, {
      queue,
      // NaN is behind nobody and before nobody.
      rank: fair.has(queue) ? Number.NaN : rank,
      isEvictable: submission.isEvictable ?? true,
      parentId: submission.parentId,
      isScheduled: (submission.runAt ?? 0) > atMs,
    });
  }
  return ranks;
}
