// Of tasks that wait in a queue for the same kind of worker, the first in rank is begun first. One that
// goes ahead for its worker's sake, or with a batch, does so by one level of priority at most; so whoever
// stands before it by more than that must be begun before it. Not judged is who may have been passed for
// another reason: because another node is to have it, its time is over, or its user's rate holds it back.
import type { KeptTask } from "./task-facts.ts";
import { elsewhereAfter, ratesOf, rulesOf, taskPolicy } from "./task-rules.ts";
import { judgedBySteps, rankOf, type StepJudge, type TaskStep } from "./task-steps.ts";

export const firstInRank = judgedBySteps("first in rank", () => new Lines());

class Lines implements StepJudge {
  /** By queue, as each came to wait. */
  readonly #pending = new Map<string, Map<string, KeptTask>>();
  /** Tasks that failed where another node comes first; a lease that is lost later does not change that. */
  readonly #elsewhere = new Set<string>();

  step({ at, former, status, task }: TaskStep): string | undefined {
    const { errorClass, queue, taskId } = task;
    if (elsewhereAfter.has(errorClass ?? "")) this.#elsewhere.add(taskId);
    const line = this.#pending.get(queue) ?? new Map<string, KeptTask>();
    this.#pending.set(queue, line);
    if (status === "pending") line.set(taskId, task);
    else line.delete(taskId);
    if (status !== "running" || former !== "pending") return undefined;
    const rank = rankOf(task) - aheadMsOf(queue);
    for (const other of line.values()) {
      const beforeMs = rank - rankOf(other);
      if (beforeMs > 0 && !this.#elsewhere.has(other.taskId) && isAsGood(task, other, at)) {
        return `${taskId} is begun, and ${other.taskId} stands ${beforeMs} ms too far before it`;
      }
    }
    return undefined;
  }
}

function aheadMsOf(queue: string): number {
  const { agingMsPerLevel } = rulesOf(queue);
  return agingMsPerLevel > 0 ? agingMsPerLevel : taskPolicy.queue.agingMsPerLevel;
}

/** Whoever got the one task could have had the other. */
function isAsGood(task: KeptTask, other: KeptTask, at: number): boolean {
  const { deadlineAt, needs, queue, queueDeadlineAt, userId } = other;
  const untilAt = Math.min(deadlineAt ?? Infinity, queueDeadlineAt ?? Infinity);
  return (
    needs === task.needs && untilAt > at && (ratesOf(queue).user === null || userId === task.userId)
  );
}
