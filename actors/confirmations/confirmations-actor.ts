// Carries questions from workers to people, and answers back. It keeps nothing: questions, answers and
// their times stand in the store, whose sweep answers for whoever is silent. Workers that hold wait here;
// what is decided while this actor is away is found when they ask again.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type {
  ConfirmationAnswered,
  ConfirmationAsked,
  ConfirmationState,
  OpenConfirmation,
  OpenConfirmationsQuery,
} from "#protocols/tasks/confirmation.ts";
import {
  Confirmations,
  confirmationsName,
  type PersonAnswer,
  type WorkerQuestion,
} from "#protocols/tasks/confirmations.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { Confirmation, LeaseRef } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { DecisionWaiters } from "./decision-waiters.ts";

interface Parking {
  readonly node: string;
  readonly lease: LeaseRef;
}

interface Own {
  seek(): void;
  found(store: Ref<Store>): void;
  missed(failure: FailureData): void;
  look(): void;
}

const lookEveryMs = 1_000;
const lookedAtMax = 100;
const retryMs = 500;

export class ConfirmationsActor
  extends Actor<Confirmations, undefined, Own>
  implements Handlers<Confirmations & Own>
{
  static readonly protocol = Confirmations;

  readonly #waiters = new DecisionWaiters();
  #store: Ref<Store> | undefined;

  override async start(): Promise<void> {
    this.ctx.every(lookEveryMs, "look");
    this.seek();
    await this.ctx.register(confirmationsName);
  }

  // ---- workers

  question({ node, question }: WorkerQuestion): Deferred<ConfirmationAsked> {
    const asked = this.#present().confirmRequest(question);
    return this.ctx.defer(
      asked.then((answer) => {
        const { mode, lease } = question;
        if (answer.kind === "asked" && mode === "park") this.#tellQueue({ node, lease });
        return answer;
      }),
    );
  }

  /** Waiting begins before the store is asked, so that an answer in between is not missed. */
  decision(callbackId: string): Deferred<Confirmation> {
    const store = this.#present();
    const waiting = this.#waiters.wait(callbackId, this.ctx.signal);
    void this.#lookAt(store, callbackId);
    return this.ctx.defer(waiting);
  }

  // ---- people

  open(query: OpenConfirmationsQuery): Deferred<readonly OpenConfirmation[]> {
    return this.ctx.defer(this.#present().confirmations(query));
  }

  find(callbackId: string): Deferred<ConfirmationState | null> {
    return this.ctx.defer(this.#present().confirmation(callbackId));
  }

  answer(answer: PersonAnswer): Deferred<ConfirmationAnswered> {
    const store = this.#present();
    return this.ctx.defer(
      store.confirmAnswer(answer).then((answered) => {
        if (answered.kind === "answered") {
          void this.#lookAt(store, answer.callbackId);
          this.#tellQueue(null);
        }
        return answered;
      }),
    );
  }

  // ---- the store

  seek(): void {
    this.ctx.pipe(this.ctx.lookup(Store, "store"), "found", "missed");
  }

  found(store: Ref<Store>): void {
    this.#store = store;
    this.ctx.watch(store);
  }

  missed({ code, detail }: FailureData): void {
    this.ctx.log("info", `nobody can be asked yet: ${detail}`, { code });
    this.ctx.after(retryMs, "seek");
  }

  override terminated(ended: AnyRef): void {
    if (!this.#store || addressKey(this.#store.$.address) !== addressKey(ended.$.address)) return;
    this.#store = undefined;
    this.seek();
  }

  /** Time decides, too, and nobody tells of that. */
  look(): void {
    if (!this.#store) return;
    for (const callbackId of this.#waiters.some(lookedAtMax)) {
      void this.#lookAt(this.#store, callbackId);
    }
  }

  async #lookAt(store: Ref<Store>, callbackId: string): Promise<void> {
    const state = await store.confirmation(callbackId).catch(() => undefined);
    // The store is away: the next look tells.
    if (state === undefined) return;
    if (state === null || (state.decision === null && state.isEnded)) {
      const text = `question ${callbackId} is not open: there is none, or its task has ended`;
      this.#waiters.fail(callbackId, new Failure("not_found", text));
    } else if (state.decision !== null) {
      const { step, decision, feedback } = state;
      this.#waiters.settle(callbackId, { step, decision, feedback });
    }
  }

  /** What it does not hear it finds with its next sweep. */
  #tellQueue(parked: Parking | null): void {
    this.ctx.lookup(Queue, "queue").then(
      (queue) => queue.changed(parked),
      (error: unknown) => this.ctx.log("info", `no queue to tell: ${Failure.of(error).detail}`),
    );
  }

  #present(): Ref<Store> {
    if (this.#store) return this.#store;
    throw reply(new Failure("unavailable", "the store is not there just now; ask again soon"));
  }
}
