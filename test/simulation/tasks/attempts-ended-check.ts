// An attempt is over as soon as its task does not run any more: its own row has its end then, in the same
// commit, and says how it came.
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import type { Kept } from "./task-facts.ts";
import { judgedBySteps, type StepJudge, type TaskStep } from "./task-steps.ts";

export const attemptsEnded = judgedBySteps("attempts ended", () => new Attempts());

interface Left {
  readonly taskId: string;
  readonly attempt: number;
  readonly type: string;
  readonly outcomes: readonly string[];
}

/** By the event, and where it says nothing of the attempt by the state that it leads to. */
const outcomesOf = (type: string, status: TaskStatus): readonly string[] =>
  new Map([
    ["retried", ["failed", "timed_out"]],
    ["lease_lost", ["lease_expired"]],
    ["released", ["released"]],
    ["confirmation_requested", ["parked"]],
    ["confirmed", ["parked"]],
  ]).get(type) ?? [status];

/** Of those that end in one commit the facts have so many attempts of a task. */
const shownMax = 2;

class Attempts implements StepJudge {
  readonly #starts = new Map<string, number>();
  #left: Left[] = [];

  step({ former, status, task: { taskId }, type }: TaskStep): string | undefined {
    const attempt = this.#starts.get(taskId) ?? 0;
    if (status === "running" && former !== "running") this.#starts.set(taskId, attempt + 1);
    if (former === "running" && status !== "running") {
      this.#left.push({ taskId, attempt, type, outcomes: outcomesOf(type, status) });
    }
    return undefined;
  }

  kept({ attempts }: Kept): string | undefined {
    for (const { attempt, outcomes, taskId, type } of this.#left.splice(0)) {
      if ((this.#starts.get(taskId) ?? 0) - attempt >= shownMax) continue;
      const row = attempts.find((each) => each.taskId === taskId && each.attempt === attempt);
      const seen = `attempt ${attempt} of ${taskId} is over by ${type}`;
      if (row === undefined) return `${seen}, and has not ended`;
      if (!outcomes.includes(row.outcome ?? "")) return `${seen}, and has ended ${row.outcome}`;
    }
    return undefined;
  }
}
