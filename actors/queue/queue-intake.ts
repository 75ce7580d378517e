// The way into the queues: which one a submission goes to, and who waits while it is full. It sets the
// queues up as they are planned, whenever the store is a new one.
import { isDeepStrictEqual } from "node:util";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack } from "#protocols/protocol.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { bytesOf } from "#protocols/tasks/payload-size.ts";
import type { QueueChange, Refusal } from "#protocols/tasks/queue.ts";
import type { QueueSettings, QueueView } from "#protocols/tasks/queue-view.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import { queueDefault, type TaskSubmission } from "#protocols/tasks/task.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import { activeQueueConfig } from "./active-queue-config.ts";
import { BlockedSubmissions } from "./blocked-submissions.ts";
import { QueueDesk, type Workers } from "./queue-desk.ts";
import type { IntakeFigures } from "./queue-figures.ts";
import type { QueueRulebook, QueueRuleSources } from "./queue-rulebook.ts";
import { Refusals } from "./refusals.ts";
import type { StoreDoor } from "./store-door.ts";

export interface QueueManagerArguments extends QueueRuleSources {
  /** Has the queues among the metrics of the node. Default: they are not shown. */
  readonly show?: (figures: () => FigureSource) => void;
}

export interface IntakeTerms {
  readonly store: StoreDoor;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** When who waits for room has to be answered, by the clock of the caller. */
  readonly untilMs: number;
  /** By the same clock. */
  readonly nowMs: number;
  readonly workers: Workers;
  /** Something may be pending that was not before. */
  readonly arrived: () => void;
  /** Told as soon as the store has answered, before a claim that came with it is. */
  readonly stored: (result: SubmitResult) => void;
}

/** A queue that had no room. */
interface Tried {
  readonly routed: TaskSubmission;
  readonly queue: string;
  /** Where it stands among those that wait. */
  readonly place: number;
  readonly result: SubmitResult;
}

export class QueueIntake {
  readonly #rules: QueueRulebook;
  readonly #desk: QueueDesk;
  readonly #blocked = new BlockedSubmissions();
  readonly #refusals = new Refusals();
  #setUpIn: Ref<Store> | undefined;
  /** Settles when nobody sets queues any more. */
  #setting: Promise<unknown> = Promise.resolve();

  constructor(rules: QueueRulebook) {
    this.#rules = rules;
    this.#desk = new QueueDesk(rules);
  }

  get figures(): IntakeFigures {
    return { blocked: this.#blocked.figures, refusals: this.#refusals.figures };
  }

  refusal(idempotencyKey: string): Refusal | null {
    return this.#refusals.of(idempotencyKey);
  }

  /**
   * A queue that has no room for a task which names none leaves it to the next one that may; when none has,
   * it waits where it may wait, or hears of the best one's refusal. Fails with `invalid` when it names a queue
   * that is none, its steps cannot be run, and with `bad_image` for a picture that no engine decodes.
   */
  async submit(submission: TaskSubmission, terms: IntakeTerms): Promise<SubmitResult> {
    const tries: Tried[] = [];
    for (const routed of this.#desk.routes(submission, terms.workers)) {
      const queue = routed.queue ?? routed.routedTo ?? queueDefault;
      const place = this.#desk.placeOf(routed, queue, terms.nowMs);
      const isBehindOthers = this.#blocked.isBehind({ queue, place, userId: routed.userId });
      const sent = isBehindOthers ? { ...routed, isBehindOthers } : routed;
      const result = await this.#tryOnce(sent, queue, terms);
      if (result.kind !== "full") return result;
      tries.push({ routed, queue, place, result });
      if (terms.signal.aborted) break;
    }
    const [first] = tries;
    if (first === undefined) throw new Failure("internal", "a submission was sent to no queue");
    const blocking = tries.find(({ queue }) => this.#desk.isBlocking(queue));
    const told = blocking ?? first;
    const result = (blocking && (await this.#waited(blocking, terms))) ?? told.result;
    const refused = { key: submission.idempotencyKey, queue: told.queue };
    if (result.kind === "full" && tries.length > 1) this.#refusals.note(refused, result);
    this.#refusals.told(refused, result);
    return result;
  }

  #tryOnce(
    routed: TaskSubmission,
    queue: string,
    { store, arrived, stored }: IntakeTerms,
  ): Promise<SubmitResult> {
    const submitted = store.ask(async (open) => {
      const result = await open.submit(routed);
      stored(result);
      this.#refusals.note({ key: routed.idempotencyKey, queue }, result);
      return result;
    });
    arrived(); // Claims follow the submission right away, into the same commit.
    return submitted;
  }

  /** Undefined when nobody more may wait. */
  #waited(
    { routed, queue, place, result }: Tried,
    terms: IntakeTerms,
  ): Promise<SubmitResult> | undefined {
    const { store, signal, untilMs } = terms;
    const bytes = bytesOf(routed.inputs);
    const withdraw = (made: SubmitResult): void => {
      // Who comes again with the key finds the task; without one nobody can.
      if (made.kind !== "created" || routed.idempotencyKey !== undefined) return;
      const { taskId } = made;
      // Where the store cannot be asked, the task runs for nobody: all that can be done for it.
      store.ask((open) => open.cancel({ taskId, reason: gaveUp })).catch(() => undefined);
    };
    const tryAgain = () => this.#tryOnce(routed, queue, terms);
    const { userId } = routed;
    const waiting = { queue, place, userId, bytes, signal, untilMs, tryAgain, withdraw };
    return this.#blocked.wait({ ...waiting, refusal: result });
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
    if (this.#setUpIn !== store) await this.#inTurn(() => this.#setUp(store));
    this.#desk.looks();
    return store.queues();
  }

  /** Fails with `invalid` when the queue could not go by that. */
  async check(change: QueueChange, store: Ref<Store>): Promise<Ack> {
    this.#rules.check(change);
    const { queue } = change;
    const known = (await store.queues()).map((view) => view.queue);
    if (known.includes(queue)) return ack;
    const names = [...known].sort().join(", ");
    if (this.#rules.plans.length > 0) {
      throw new Failure("invalid", `there is no queue "${queue}"; the scope is one of ${names}`);
    }
    if (known.length < storeLimits.queuesMax) return ack;
    const seen = `there are ${known.length} queues, the most there may be`;
    throw new Failure("invalid", `${seen}, and none is "${queue}"; name one of those`);
  }

  /** What is active of its configuration is what it goes by; answers the queues as they stand then. */
  async reconfigure(queue: string, store: Ref<Store>): Promise<readonly QueueView[]> {
    return this.#inTurn(async () => {
      this.#rules.configured(queue, await activeQueueConfig(store, queue));
      await store.setQueue(this.#rules.settingsOf(queue));
      this.#desk.looks();
      const queues = await store.queues();
      this.seen(queues);
      return queues;
    });
  }

  async #setUp(store: Ref<Store>): Promise<void> {
    if (this.#setUpIn === store) return;
    const views = new Map((await store.queues()).map((view) => [view.queue, view]));
    const names = new Set([...views.keys(), ...this.#rules.settings.map(({ queue }) => queue)]);
    const read = async (queue: string) => [queue, await activeQueueConfig(store, queue)] as const;
    const configs = await Promise.all([...names].map(read));
    for (const [queue, config] of configs) this.#rules.configured(queue, config);
    const others = this.#rules.settings.filter((each) => !isSet(each, views.get(each.queue)));
    for (const settings of others) await store.setQueue(settings);
    this.#setUpIn = store;
  }

  /** So that what was read last is what is set last. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#setting.then(work);
    this.#setting = done.catch(() => undefined);
    return done;
  }

  seen(queues: readonly QueueView[]): void {
    this.#desk.seen(queues);
    this.room();
  }
}

const gaveUp = "whoever submitted it gave up waiting for room in its queue";

const isSet = (settings: QueueSettings, view: QueueView | undefined): boolean =>
  view !== undefined && isDeepStrictEqual({ ...view, ...settings }, view);
