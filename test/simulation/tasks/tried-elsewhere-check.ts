// A task that failed in a way that may be its node's fault is tried on another one next. Where it is tried
// on the same one again, the store says so and why, since it found no other or waited in vain; and it says
// so of no other attempt. What was lost or given back meanwhile does not count, as it did not fail.
import { channelOf } from "#protocols/tasks/task-events.ts";
import { attemptFailed, type Kept, type KeptAttempt, type KeptEvent } from "./task-facts.ts";
import { elsewhereAfter } from "./task-rules.ts";
import { judgedBySteps, type StepJudge } from "./task-steps.ts";

export const triedElsewhere = judgedBySteps("tried elsewhere", () => new Places());

/** The store looks no further back. */
const attemptsSeenMax = 8;

class Places implements StepJudge {
  /** By task and number, as each attempt ended. */
  readonly #ended = new Map<string, Map<number, KeptAttempt>>();

  /** One commit may end an attempt and begin the next; by their numbers they are in order. */
  kept({ attempts, events }: Kept): string | undefined {
    for (const ended of attempts) {
      const { attempt, taskId } = ended;
      const known = this.#ended.get(taskId) ?? new Map<number, KeptAttempt>();
      this.#ended.set(taskId, known.set(attempt, ended));
    }
    const problems = events.map((event) => this.#begun(event));
    return problems.find((problem) => problem !== undefined);
  }

  #begun({ attempt, channel, node, note, taskId, type }: KeptEvent): string | undefined {
    if (type !== "running" || channel !== channelOf.task(taskId)) return undefined;
    const failed = this.#lastFailed(taskId, attempt);
    if (failed === "unknown") return undefined;
    const isBack = failed?.node === node && elsewhereAfter.has(failed?.errorClass ?? "");
    if (isBack === (note !== null)) return undefined;
    const tried = `attempt ${attempt} of ${taskId} is on ${node}`;
    return isBack
      ? `${tried}, where attempt ${failed?.attempt} failed with ${failed?.errorClass}, for no reason`
      : `${tried}, and is said to be there: ${note}`;
  }

  /** Before that attempt; unknown, when one between them was not seen to end. */
  #lastFailed(taskId: string, before: number): KeptAttempt | "unknown" | undefined {
    const known = this.#ended.get(taskId);
    for (let number = before - 1; number >= 1; number -= 1) {
      const ended = known?.get(number);
      if (ended === undefined || before - number > attemptsSeenMax) return "unknown";
      if (attemptFailed(ended)) return ended;
    }
    return undefined;
  }
}
