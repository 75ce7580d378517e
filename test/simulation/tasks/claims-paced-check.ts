// No queue hands out more than its rate and its burst allow, in no stretch of time, and neither does it of
// one user's tasks. What is given back untouched does not count; nor, to be sure, what was cancelled.
import type { ClaimRate } from "#protocols/tasks/resource-demand.ts";
import { ratesOf } from "./task-rules.ts";
import { judgedBySteps, type StepJudge, type TaskStep } from "./task-steps.ts";

export const claimsPaced = judgedBySteps("claims paced", () => new Paces());

/** What may leave: refilled at an even pace, up to a burst. */
interface Bucket {
  readonly atMs: number;
  readonly left: number;
}

/** Sums of fractions fall short of whole numbers. */
const hair = 1e-3;

class Paces implements StepJudge {
  readonly #buckets = new Map<string, Bucket>();

  step({ at, former, status, task }: TaskStep): string | undefined {
    const isTaken = former === "pending" && status === "running";
    const mayBeBack = former === "running" && (status === "pending" || status === "cancelled");
    if (!isTaken && !mayBeBack) return undefined;
    const { queue, taskId, userId } = task;
    const { all, user } = ratesOf(queue);
    const over = [
      { place: queue, rate: all },
      { place: `${queue} of ${userId ?? "nobody"}`, rate: user },
    ].find(({ place, rate }) => rate && this.#left(place, rate, at, isTaken ? -1 : 1) < -hair);
    return over && `${over.place} hands out ${taskId} sooner than its rate allows`;
  }

  #left(place: string, { burst, perSecond }: ClaimRate, atMs: number, by: 1 | -1): number {
    const { atMs: formerMs, left: former } = this.#buckets.get(place) ?? { atMs, left: burst };
    const refilled = Math.min(burst, former + ((atMs - formerMs) * perSecond) / 1_000);
    const left = Math.min(burst, refilled + by);
    this.#buckets.set(place, { atMs, left });
    return left;
  }
}
