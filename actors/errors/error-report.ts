// The groups that a question asks for, with what stands around them. Pure.
import type { ErrorQuery, ErrorReport } from "#protocols/tasks/errors.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { FailureClass } from "#protocols/tasks/task-failure.ts";
import type { ErrorGroups } from "./error-groups.ts";

export interface ErrorsSeen {
  readonly groups: ErrorGroups;
  readonly queues: readonly QueueView[];
  readonly spentAt: ReadonlyMap<string, number>;
}

export function reportOf({ groups, queues, spentAt }: ErrorsSeen, query: ErrorQuery): ErrorReport {
  const countsByClass: Partial<Record<FailureClass, number>> = {};
  for (const { class: failureClass, count } of groups.all) {
    countsByClass[failureClass] = (countsByClass[failureClass] ?? 0) + count;
  }
  return {
    groups: groups.find(query),
    countsByClass,
    groupsTotal: groups.size,
    groupsForgotten: groups.forgottenTotal,
    missed: groups.missed,
    poisonTotal: groups.poison.length,
    budgets: queues.map(({ queue, retriesLately, retryBudgetLeft }) => ({
      queue,
      used: retriesLately,
      left: retryBudgetLeft,
      spentAt: spentAt.get(queue) ?? null,
    })),
  };
}
