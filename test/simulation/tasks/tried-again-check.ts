// A failed attempt is followed by another as often as the class of its failure and the task's own number of
// retries allow, not once more and not once less, unless something else has ended the task; and not before
// the wait of its queue is over. A task of steps whose time is over is not tried again.
import { stepsQueue } from "#protocols/tasks/steps.ts";
import { attemptFailed, type Kept, type KeptAttempt, type KeptTask } from "./task-facts.ts";
import { rulesOf, triesAgainMax } from "./task-rules.ts";
import { judgedBySteps, type StepJudge, type TaskStep } from "./task-steps.ts";

export const triedAgain = judgedBySteps("tried again", () => new Tries());
export const triedLater = judgedBySteps("tried later", () => new Waits());

interface Tried {
  /** Of its attempts that ended, by their numbers the class of the failure. */
  readonly classes: Map<number, string>;
  retries: number;
}

const failureClasses = new Map<string, number>(Object.entries(triesAgainMax));
/** How a task may end by a failure that was not its attempt's. */
const otherEnds: ReadonlySet<string | null> = new Set(["POISON", "CONFIRMATION_TIMEOUT"]);

class Tries implements StepJudge {
  readonly #tried = new Map<string, Tried>();

  kept({ at, attempts, tasks }: Kept): string | undefined {
    const byId = new Map(tasks.map((task) => [task.taskId, task]));
    for (const attempt of attempts) {
      const task = byId.get(attempt.taskId);
      const problem = task && this.#ended(attempt, task, at);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #ended(ended: KeptAttempt, task: KeptTask, at: number): string | undefined {
    const { attempt, errorClass, errorCode, nextRunAt, taskId } = ended;
    const { classes, ...tried } = this.#tried.get(taskId) ?? { classes: new Map(), retries: 0 };
    if (errorClass === null || classes.has(attempt)) return undefined;
    const former = [...classes.values()].filter((known) => known === errorClass).length;
    const isRetry = attemptFailed(ended) && nextRunAt !== null;
    classes.set(attempt, errorClass);
    this.#tried.set(taskId, { classes, retries: tried.retries + Number(isRetry) });
    if (!attemptFailed(ended) || otherEnds.has(errorCode)) return undefined;
    const ofClass = failureClasses.get(errorClass);
    if (ofClass === undefined) return `${taskId} has failed with the class ${errorClass}`;
    const isFinal = task.queue === stepsQueue && errorClass === "timeout";
    const isAllowed = !isFinal && former < ofClass && tried.retries < task.maxRetries;
    if (isRetry === isAllowed || (!isRetry && isOver(task, at))) return undefined;
    const times = `${former + 1} times with ${errorClass}, after ${tried.retries} retries`;
    return `${taskId} has failed ${times}, and is ${isRetry ? "" : "not "}tried again`;
  }
}

const isOver = ({ deadlineAt, isCancelRequested }: KeptTask, at: number): boolean =>
  isCancelRequested || (deadlineAt !== null && deadlineAt <= at);

interface Waited {
  readonly retries: number;
  readonly losses: number;
  readonly fromAt: number;
  readonly leastMs: number;
}

const noWait: Waited = { retries: 0, losses: 0, fromAt: 0, leastMs: 0 };

class Waits implements StepJudge {
  readonly #waits = new Map<string, Waited>();

  step({ at, status, task, type }: TaskStep): string | undefined {
    const { queue, taskId } = task;
    const former = this.#waits.get(taskId) ?? noWait;
    if (type === "retried") {
      const retries = former.retries + 1;
      const leastMs = leastWaitMs(queue, retries);
      this.#waits.set(taskId, { ...former, retries, fromAt: at, leastMs });
    } else if (type === "lease_lost") {
      const leastMs = former.losses === 0 ? 0 : rulesOf(queue).retry.baseMs;
      this.#waits.set(taskId, { ...former, losses: former.losses + 1, fromAt: at, leastMs });
    } else if (status === "running" && at < former.fromAt + former.leastMs) {
      const waited = `${at - former.fromAt} ms after it has failed`;
      return `${taskId} is begun ${waited}, and was to wait for ${former.leastMs} ms at least`;
    }
    return undefined;
  }
}

/** Before the `n`th retry; chance makes it longer. */
function leastWaitMs(queue: string, n: number): number {
  const { baseMs, capMs, factor, jitter } = rulesOf(queue).retry;
  const waitMs = Math.min(capMs, baseMs * factor ** (n - 1));
  return jitter === "none" ? waitMs : jitter === "equal" ? waitMs / 2 : 0;
}
