// What the ErrorHandler has seen, for metrics. It stands beside the actor, so that it counts over its
// restarts.
import { storeLimits } from "#protocols/store-limits.ts";
import type { FailureClass } from "#protocols/tasks/task-failure.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";

export interface ErrorLevels {
  readonly groups: number;
  readonly forgotten: number;
  readonly missed: number;
  readonly poison: number;
}

export class ErrorCounts {
  readonly #failures = new Map<FailureClass, number>();
  readonly #overBudget = new Map<string, number>();
  #levels: ErrorLevels = { groups: 0, forgotten: 0, missed: 0, poison: 0 };
  #poisonTotal = 0;

  failed(failureClass: FailureClass): void {
    this.#failures.set(failureClass, (this.#failures.get(failureClass) ?? 0) + 1);
  }

  poisoned(): void {
    this.#poisonTotal += 1;
  }

  overBudget(queue: string): void {
    this.#overBudget.set(queue, (this.#overBudget.get(queue) ?? 0) + 1);
  }

  stands(levels: ErrorLevels): void {
    this.#levels = levels;
  }

  figures(): FigureSource {
    const { groups, forgotten, missed, poison } = this.#levels;
    return {
      bounds: [
        {
          bound: "error_groups",
          max: storeLimits.errorGroupsMax,
          highest: groups,
          reached: forgotten,
        },
        {
          bound: "poison_tasks",
          max: storeLimits.poisonTasksMax,
          highest: poison,
          reached: Math.max(0, this.#poisonTotal - storeLimits.poisonTasksMax),
        },
      ],
      figures: [
        counter(
          "troupe_failed_attempts_total",
          "Failed attempts of tasks, by the class of the failure.",
          [...this.#failures].map(([name, value]) => ({ labels: { class: name }, value })),
        ),
        counter(
          "troupe_retries_over_budget_total",
          "Retries that wait longer because the queue's budget was spent.",
          [...this.#overBudget].map(([queue, value]) => ({ labels: { queue }, value })),
        ),
        counter("troupe_poison_tasks_total", "Tasks that lost too many leases.", [
          { labels: {}, value: this.#poisonTotal },
        ]),
        counter(
          "troupe_failed_attempts_missed_total",
          "Failed attempts that were forgotten before they were grouped.",
          [{ labels: {}, value: missed }],
        ),
      ],
    };
  }
}

const counter = (
  name: string,
  help: string,
  samples: FigureSource["figures"][number]["samples"],
) => ({ name, type: "counter" as const, help, samples });
