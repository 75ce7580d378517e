// Whatever a worker says of a task, its store heeds only who holds the newest lease: an end, a question, what is
// given back, and a heartbeat, too.
import type { Kept } from "./task-facts.ts";
import { judgedBySteps, type StepJudge } from "./task-steps.ts";

export const newestHeard = judgedBySteps("newest heard", () => new NewestFences());

class NewestFences implements StepJudge {
  readonly #fences = new Map<string, number>();

  /** A lease that was given in the same commit may have come after what is heeded. */
  kept({ heeded, renewed, tasks }: Kept): string | undefined {
    const old = [...heeded, ...renewed].find(([id, fence]) => fence < (this.#fences.get(id) ?? 0));
    for (const { taskId, fence } of tasks) this.#fences.set(taskId, fence);
    if (old === undefined) return undefined;
    const [taskId, fence] = old;
    return `${taskId} heeds who has lease ${fence}, and has given a newer one before`;
  }
}
