// No queue takes more than it has room for: neither tasks that wait for workers, nor tasks while as many
// wait for people, nor those of one user; and none refuses what it has room for. What comes back to a queue
// always finds its place, so only who comes new is judged.
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import type { Kept } from "./task-facts.ts";
import { rulesOf } from "./task-rules.ts";
import {
  isWaiting,
  judgedBySteps,
  refusalsJudged,
  type StepJudge,
  type TaskStep,
} from "./task-steps.ts";

export const roomKept = judgedBySteps("room kept", () => new Rooms());

class Rooms implements StepJudge {
  readonly #counts = new Map<string, number>();

  step({ former, status, task, type }: TaskStep): string | undefined {
    const { queue, taskId, userId } = task;
    this.#move(queue, former, status);
    const own = ownIn(queue, userId);
    this.#move(own, former, status);
    if (type !== "submitted") return undefined;
    const { pendingMax, perUserMax } = rulesOf(queue);
    const waiting = this.#count(queue, "waiting");
    if (waiting > pendingMax) return `${queue} takes ${taskId} as one of ${waiting} that wait`;
    const parked = this.#count(queue, "parked");
    if (parked >= Math.max(1, pendingMax)) {
      return `${queue} takes ${taskId} while ${parked} wait for people`;
    }
    if (perUserMax >= pendingMax) return undefined;
    const ofUser = this.#count(own, "waiting") + this.#count(own, "parked");
    return ofUser > perUserMax ? `${own} takes ${taskId} as one of ${ofUser}` : undefined;
  }

  kept(kept: Kept): string | undefined {
    for (const { limit, queue, userId } of refusalsJudged(kept)) {
      const { pendingMax, perUserMax } = rulesOf(queue);
      const own = ownIn(queue, userId);
      const left: Readonly<Record<string, number>> = {
        tasks: pendingMax - this.#count(queue, "waiting"),
        people: Math.max(1, pendingMax) - this.#count(queue, "parked"),
        user: perUserMax - this.#count(own, "waiting") - this.#count(own, "parked"),
      };
      if ((left[limit] ?? 0) > 0) return `${queue} has room for ${left[limit]}, and says ${limit}`;
    }
    return undefined;
  }

  #move(place: string, former: TaskStatus | undefined, status: TaskStatus): void {
    const waits = Number(isWaiting(status)) - Number(isWaiting(former));
    const parks = Number(isParked(status)) - Number(isParked(former));
    this.#counts.set(`waiting ${place}`, this.#count(place, "waiting") + waits);
    this.#counts.set(`parked ${place}`, this.#count(place, "parked") + parks);
  }

  #count(place: string, what: "waiting" | "parked"): number {
    return this.#counts.get(`${what} ${place}`) ?? 0;
  }
}

/** Those who name nobody are one user. */
const ownIn = (queue: string, userId: string | null | undefined): string =>
  `${queue} of ${userId ?? ""}`;

const isParked = (status: TaskStatus | undefined): boolean => status === "waiting_confirmation";
