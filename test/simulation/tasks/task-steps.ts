// What commits of a task store have done to its tasks, one step after the other as the store did them,
// so that a check knows how all stood at each of them, also within one commit.
import { channelOf } from "#protocols/tasks/task-events.ts";
import { isEnded, type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { type Kept, type KeptRefusal, type KeptTask, readFact } from "./task-facts.ts";
import { rulesOf } from "./task-rules.ts";

/** A task goes from one state to another, or stays in one and something of it is noted. */
export interface TaskStep {
  /** The store's clock. */
  readonly at: number;
  /** As the task's event is called. */
  readonly type: string;
  /** Undefined: it has just been submitted. */
  readonly former: TaskStatus | undefined;
  readonly status: TaskStatus;
  /** As the whole commit has left it; what never changes of it can be relied on. */
  readonly task: KeptTask;
}

export interface StepJudge {
  /** What is wrong with it; undefined: nothing. */
  step?(step: TaskStep): string | undefined;
  /** After all steps of a commit. */
  kept?(kept: Kept): string | undefined;
}

/** A check that judges what the store has kept, step by step. */
export const judgedBySteps =
  (name: string, begin: () => StepJudge): Check =>
  () => {
    const judge = begin();
    const steps = new TaskSteps();
    return {
      name,
      saw(event) {
        if (event.kind !== "fact" || event.name !== "kept") return;
        const kept = readFact("kept", event.about);
        for (const step of steps.of(kept)) refuse(judge.step?.(step), event.id);
        refuse(judge.kept?.(kept), event.id);
      },
    };
  };

function refuse(problem: string | undefined, eventId: number): void {
  if (problem !== undefined) throw broken(problem, [eventId]);
}

class TaskSteps {
  /** Of those that live. */
  readonly #standing = new Map<string, TaskStatus>();
  #newestEvent = 0;

  /** A commit that was shown before has none. */
  of({ at, events, tasks }: Kept): readonly TaskStep[] {
    const byId = new Map(tasks.map((task) => [task.taskId, task]));
    const steps: TaskStep[] = [];
    for (const { channel, eventId, status: name, taskId, type } of events) {
      if (eventId <= this.#newestEvent) continue;
      this.#newestEvent = eventId;
      const task = byId.get(taskId);
      const status = taskStatuses.find((known) => known === name);
      if (task === undefined || status === undefined || channel !== channelOf.task(taskId))
        continue;
      steps.push({ at, type, former: this.#standing.get(taskId), status, task });
      if (isEnded(status)) this.#standing.delete(taskId);
      else this.#standing.set(taskId, status);
    }
    return steps;
  }
}

/** Of queues in which nothing else has happened in that commit: so they stood when they refused. */
export const refusalsJudged = ({ refusals, tasks }: Kept): readonly KeptRefusal[] =>
  refusals.filter((refusal) => tasks.every(({ queue }) => queue !== refusal.queue));

/** It waits for a worker, now or later. */
export const isWaiting = (status: TaskStatus | undefined): boolean =>
  status === "pending" || status === "scheduled";

/**
 * Where a task should stand, by its arrival and its priority. In a queue whose users take turns that
 * depends on all that came before: there it is where the store says.
 */
export function rankOf({ priority, queue, rank, submittedAt }: KeptTask): number {
  const { agingMsPerLevel, fairMs } = rulesOf(queue);
  return fairMs > 0 ? rank : submittedAt + priority * agingMsPerLevel;
}
