// The way into the queues: which one a submission goes to, and who waits while it is full. It sets the
// queues up as they are planned, whenever the store is a new one.
import { isDeepStrictEqual } from "node:util";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { Refusal } from "#protocols/tasks/queue.ts";
import type { QueueSettings, QueueView } from "#protocols/tasks/queue-view.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import { queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import { BlockedSubmissions } from "./blocked-submissions.ts";
import { configuredSettings } from "./configured-settings.ts";
import { QueueDesk, type Workers } from "./queue-desk.ts";
import type { IntakeFigures } from "./queue-figures.ts";
import { Refusals } from "./refusals.ts";
import type { StoreDoor } from "./store-door.ts";

export interface QueueManagerArguments {
  /** As the topology says; without any, all tasks go to the queues that they name. */
  readonly queues: readonly QueuePlan[];
  /** Has the queues among the metrics of the node. Default: they are not shown. */
  readonly show?: (figures: () => FigureSource) => void;
  /** Of queues without a plan. */
  readonly settings?: readonly QueueSettings[];
}

export interface IntakeTerms {
  readonly store: StoreDoor;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** When who waits for room has to be answered, by the clock of the caller. */
  readonly untilMs: number;
  readonly workers: Workers;
  /** Something may be pending that was not before. */
  readonly arrived: () => void;
  /** Told as soon as the store has answered, before a claim that came with it is. */
  readonly stored: (result: SubmitResult) => void;
}

export class QueueIntake {
  #settings: readonly QueueSettings[] = [];
  #desk = new QueueDesk([]);
  readonly #blocked = new BlockedSubmissions();
  readonly #refusals = new Refusals();
  #setUpIn: Ref<Store> | undefined;

  /** Before anything comes in. */
  plan({ queues, settings = [] }: QueueManagerArguments): void {
    this.#settings = [...queues.map((plan) => plan.settings), ...settings];
    this.#desk = new QueueDesk(queues);
  }

  get figures(): IntakeFigures {
    return { blocked: this.#blocked.figures, refusals: this.#refusals.figures };
  }

  refusal(idempotencyKey: string): Refusal | null {
    return this.#refusals.of(idempotencyKey);
  }

  /** Fails with `invalid` when it names a queue that is none, or its steps cannot be run. */
  async submit(submission: TaskSubmission, terms: IntakeTerms): Promise<SubmitResult> {
    const routed = this.#desk.route(submission, terms.workers);
    const queue = routed.queue ?? routed.routedTo ?? queueDefault;
    const result = await this.#taken(routed, queue, terms);
    this.#refusals.told({ key: routed.idempotencyKey, queue }, result);
    return result;
  }

  async #taken(
    routed: TaskSubmission,
    queue: string,
    { store, signal, untilMs, arrived, stored }: IntakeTerms,
  ): Promise<SubmitResult> {
    const tryOnce = async (): Promise<SubmitResult> => {
      const submitted = store.ask(async (open) => {
        const result = await open.submit(routed);
        stored(result);
        this.#refusals.note({ key: routed.idempotencyKey, queue }, result);
        return result;
      });
      arrived(); // Claims follow the submission right away, into the same commit.
      return submitted;
    };
    const result = await tryOnce();
    if (result.kind !== "full" || !this.#desk.isBlocking(queue)) return result;
    const bytes = routed.inputs.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    const withdraw = (made: SubmitResult): void => {
      // Who comes again with the key finds the task; without one nobody can.
      if (made.kind !== "created" || routed.idempotencyKey !== undefined) return;
      const { taskId } = made;
      // Where the store cannot be asked, the task runs for nobody: all that can be done for it.
      store.ask((open) => open.cancel({ taskId, reason: gaveUp })).catch(() => undefined);
    };
    const terms = { queue, bytes, signal, untilMs, refusal: result, tryAgain: tryOnce, withdraw };
    return this.#blocked.wait(terms) ?? result;
  }

  /** Answers those who wait for room and cannot wait any longer. */
  expire(nowMs: number): void {
    this.#blocked.expire(nowMs);
  }

  /** Tasks have left a queue. */
  room(): void {
    if (this.#blocked.count > 0) this.#blocked.room();
  }

  /**
   * The queues as they stand, after they were set up as file and configuration say; what is set so is not
   * written again.
   */
  async look(store: Ref<Store>): Promise<readonly QueueView[]> {
    if (this.#setUpIn !== store) {
      const views = new Map((await store.queues()).map((view) => [view.queue, view]));
      const wanted = await Promise.all(
        this.#settings.map((each) => configuredSettings(store, each)),
      );
      const others = wanted.filter((each) => !isSet(each, views.get(each.queue)));
      for (const settings of others) await store.setQueue(settings);
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

const gaveUp = "whoever submitted it gave up waiting for room in its queue";

const isSet = (settings: QueueSettings, view: QueueView | undefined): boolean =>
  view !== undefined && isDeepStrictEqual({ ...view, ...settings }, view);
