// Who gives way is the last in rank of those that may: never begun, evictable, nobody's parent. It goes
// from a full queue only, for one that comes at once and stands before it; and whoever stands before another
// is not refused.
import type { Kept } from "./task-facts.ts";
import { rulesOf } from "./task-rules.ts";
import {
  isWaiting,
  judgedBySteps,
  rankOf,
  refusalsJudged,
  type StepJudge,
  type TaskStep,
} from "./task-steps.ts";

export const givesWay = judgedBySteps("gives way", () => new Evictions());

interface Waiting {
  readonly rank: number;
  /** Of equals the one that came last gives way. */
  readonly arrival: number;
}

class Evictions implements StepJudge {
  /** By queue those that may give way, as long as they are pending. */
  readonly #pending = new Map<string, Map<string, Waiting>>();
  readonly #waiting = new Map<string, number>();
  readonly #arrivals = new Map<string, number>();
  readonly #begun = new Set<string>();
  readonly #parents = new Set<string>();
  #gone: TaskStep["task"] | undefined;

  step(step: TaskStep): string | undefined {
    const { former, status, task, type } = step;
    const problem = this.#follows(step) ?? (status === "evicted" ? this.#goes(step) : undefined);
    const { parentId, queue, taskId } = task;
    if (type === "submitted") this.#arrivals.set(taskId, this.#arrivals.size);
    if (parentId !== null) this.#parents.add(parentId);
    if (status === "running") this.#begun.add(taskId);
    const waits = Number(isWaiting(status)) - Number(isWaiting(former));
    this.#waiting.set(queue, (this.#waiting.get(queue) ?? 0) + waits);
    const pending = this.#pending.get(queue) ?? new Map<string, Waiting>();
    this.#pending.set(queue, pending);
    if (status !== "pending") pending.delete(taskId);
    else if (task.isEvictable && !this.#begun.has(taskId)) {
      pending.set(taskId, { rank: rankOf(task), arrival: this.#arrivals.get(taskId) ?? 0 });
    }
    return problem;
  }

  kept(kept: Kept): string | undefined {
    if (this.#gone) return `${this.#gone.taskId} has given way, and nobody came`;
    for (const { limit, priority, queue } of refusalsJudged(kept)) {
      const { agingMsPerLevel, pendingMax, whenFull } = rulesOf(queue);
      // What came back has filled it further: one that goes makes no room.
      const isOverfull = (this.#waiting.get(queue) ?? 0) > pendingMax;
      if (limit !== "tasks" || whenFull !== "evict_lowest" || isOverfull) continue;
      const rank = kept.at + priority * agingMsPerLevel;
      for (const [taskId, waiting] of this.#pending.get(queue) ?? []) {
        if (waiting.rank <= rank || this.#parents.has(taskId)) continue;
        return `${queue} refuses a task that stands ${waiting.rank - rank} ms before ${taskId}`;
      }
    }
    return undefined;
  }

  /** The step after somebody has given way. */
  #follows({ task, type }: TaskStep): string | undefined {
    const gone = this.#gone;
    this.#gone = undefined;
    if (gone === undefined) return undefined;
    const { queue, taskId } = task;
    if (type !== "submitted" || queue !== gone.queue) return `${gone.taskId} gave way to nobody`;
    const behindMs = rankOf(task) - rankOf(gone);
    return behindMs < 0
      ? undefined
      : `${gone.taskId} gave way to ${taskId}, which stands ${behindMs} ms behind it`;
  }

  #goes({ task }: TaskStep): string | undefined {
    this.#gone = task;
    const { queue, taskId } = task;
    const { pendingMax, whenFull } = rulesOf(queue);
    if (whenFull !== "evict_lowest") return `${taskId} gave way in ${queue}, where nobody does`;
    const waiting = this.#waiting.get(queue) ?? 0;
    if (waiting < pendingMax) return `${taskId} gave way, and only ${waiting} wait in ${queue}`;
    const own = this.#pending.get(queue)?.get(taskId);
    if (own === undefined || this.#parents.has(taskId)) return `${taskId} is none that gives way`;
    for (const [otherId, other] of this.#pending.get(queue) ?? []) {
      const isBehind = other.rank - own.rank || other.arrival - own.arrival;
      if (isBehind > 0 && !this.#parents.has(otherId)) {
        return `${taskId} gave way, and ${otherId} stands behind it`;
      }
    }
    return undefined;
  }
}
