// The way into the queues: which one a submission goes to, and who waits while it is full. It sets the
// queues up as they are planned, whenever the store is a new one.
import { isDeepStrictEqual } from "node:util";
import type { Ref } from "#protocols/actor-ref.ts";
import type { QueueSettings, QueueView } from "#protocols/tasks/queue-view.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import type { SubmitResult, TaskStore } from "#protocols/tasks/store.ts";
import { queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import { BlockedSubmissions } from "./blocked-submissions.ts";
import { QueueDesk } from "./queue-desk.ts";
import type { StoreDoor } from "./store-door.ts";

export interface QueueManagerArguments {
  /** As the topology says; without any, all tasks go to the queues that they name. */
  readonly queues: readonly QueuePlan[];
}

export interface IntakeTerms {
  readonly store: StoreDoor;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** How many tasks of a queue can run at a time. */
  readonly slotsFor: (queue: string) => number;
  /** Something may be pending that was not before. */
  readonly arrived: () => void;
}

export class QueueIntake {
  #plans: readonly QueuePlan[] = [];
  #desk = new QueueDesk([]);
  readonly #blocked = new BlockedSubmissions();
  #setUpIn: Ref<TaskStore> | undefined;

  /** Before anything comes in. */
  plan(plans: readonly QueuePlan[]): void {
    this.#plans = plans;
    this.#desk = new QueueDesk(plans);
  }

  get blocked(): number {
    return this.#blocked.count;
  }

  /** Fails with `invalid` when it names a queue that is none, or its steps cannot be run. */
  async submit(
    submission: TaskSubmission,
    { store, signal, slotsFor, arrived }: IntakeTerms,
  ): Promise<SubmitResult> {
    const routed = this.#desk.route(submission, slotsFor);
    const tryOnce = async (): Promise<SubmitResult> => {
      const submitted = store.open().submit(routed);
      arrived(); // Claims follow the submission right away, into the same commit.
      return submitted;
    };
    const result = await tryOnce();
    const queue = routed.queue ?? routed.routedTo ?? queueDefault;
    if (result.kind !== "full" || !this.#desk.isBlocking(queue)) return result;
    const bytes = submission.inputs.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    return this.#blocked.wait({ queue, bytes, signal, tryAgain: tryOnce }) ?? result;
  }

  /** Tasks have left a queue. */
  room(): void {
    if (this.#blocked.count > 0) this.#blocked.room();
  }

  /** The queues as they stand, after they were set up; what is set as planned is not written again. */
  async look(store: Ref<TaskStore>): Promise<readonly QueueView[]> {
    if (this.#setUpIn !== store) {
      const views = new Map((await store.queues()).map((view) => [view.queue, view]));
      const others = this.#plans.filter(
        ({ queue, settings }) => !isSet(settings, views.get(queue)),
      );
      for (const { settings } of others) await store.setQueue(settings);
      this.#setUpIn = store;
    }
    this.#desk.looks();
    return store.queues();
  }

  seen(queues: readonly QueueView[]): void {
    this.#desk.seen(queues);
    this.room();
  }
}

const isSet = (settings: QueueSettings, view: QueueView | undefined): boolean =>
  view !== undefined && isDeepStrictEqual({ ...view, ...settings }, view);
