// Where submissions are sent to: keeps the plans of the queues and how busy each was seen last, and
// names the queue of a task that names none. Pure; what it sees is told by the QueueManager.
import { Failure } from "#protocols/failure.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import { stepsModel, stepsQueue, stepsType } from "#protocols/tasks/steps.ts";
import { queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import { demandOf } from "./decisions/demand.ts";
import { chooseQueue, type QueueLoad } from "./decisions/queue-choice.ts";
import { stepsOf } from "./steps/step-plan.ts";

export class QueueDesk {
  readonly #plans: readonly QueuePlan[];
  #views: ReadonlyMap<string, QueueView> = new Map();
  /** Submissions since the views were asked for, and since newer ones were, by queue. */
  #since = new Map<string, number>();
  #sinceLook = new Map<string, number>();

  constructor(plans: readonly QueuePlan[]) {
    this.#plans = plans;
  }

  /** The queues are asked how they stand: what comes from now on is not in the answer. */
  looks(): void {
    this.#sinceLook = new Map();
  }

  seen(views: readonly QueueView[]): void {
    this.#views = new Map(views.map((view) => [view.queue, view]));
    this.#since = new Map(this.#sinceLook);
  }

  isBlocking(queue: string): boolean {
    return this.#views.get(queue)?.whenFull === "block";
  }

  /**
   * The submission with the queue that it goes to. `slotsOf`: how many tasks can run at a time for a
   * queue. Fails with `invalid` when it names a queue that is none, or its steps cannot be run.
   */
  route(submission: TaskSubmission, slotsOf: (queue: string) => number): TaskSubmission {
    const { type, queue } = submission;
    if (type === stepsType) return stepsRouted(submission);
    if (queue === stepsQueue) throw onlySteps(type);
    if (this.#plans.length === 0) return submission;
    if (queue !== undefined) {
      this.#checkKnown(queue);
      return submission;
    }
    const demand = demandOf(submission);
    const loadOf = (name: string): QueueLoad => this.#loadOf(name, slotsOf(name));
    const routedTo = chooseQueue(this.#plans, { ...submission, demand }, loadOf);
    for (const counts of [this.#since, this.#sinceLook]) {
      counts.set(routedTo, (counts.get(routedTo) ?? 0) + 1);
    }
    return { cost: demand.cost, ...submission, routedTo };
  }

  #loadOf(queue: string, slots: number): QueueLoad {
    const view = this.#views.get(queue);
    const pending = (view?.pending ?? 0) + (this.#since.get(queue) ?? 0);
    return { pending, slots, runMsMean: view?.runMsMean ?? null };
  }

  #checkKnown(queue: string): void {
    const known = new Set([queueDefault, ...this.#plans.map((plan) => plan.queue)]);
    if (known.has(queue) || this.#views.has(queue)) return;
    const names = [...known].sort().join(", ");
    const seen = `there is no queue "${queue}"`;
    throw new Failure("invalid", `${seen}; name one of ${names}, or none: then one is chosen`);
  }
}

/** Says what is wrong with the steps before anything is stored. */
function stepsRouted(submission: TaskSubmission): TaskSubmission {
  const { model, queue = stepsQueue, parameters, inputs } = submission;
  if (model !== stepsModel || queue !== stepsQueue) {
    const seen = `a task of steps has the model "${stepsModel}" and no queue of its own`;
    throw new Failure("invalid", `${seen}, not "${model}" in "${queue}"; its steps name theirs`);
  }
  stepsOf(parameters, inputs);
  return { ...submission, routedTo: stepsQueue };
}

const onlySteps = (type: string): Failure => {
  const seen = `the queue "${stepsQueue}" is for tasks of the type "${stepsType}", not "${type}"`;
  return new Failure("invalid", `${seen}; name another queue, or none`);
};
