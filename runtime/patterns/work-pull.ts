// Work that is fetched, not pushed: a hub between producers and workers, in which no queue grows
// behind a slow worker.
//
//   producer ──offer──► hub (bounded queue) ──work──► worker (never more than its room)
//            ◄── Ack ──                     ◄─finish─
//
// A producer knows that there is room by the answer to its offer. A worker says once how much it
// can hold, and each `finish` makes room for one more. Every item that was acknowledged is delivered
// at least once: what a worker holds when it ends, leaves or joins again goes to another, which may
// do it for the second time. What a worker's full mailbox refuses it seems to hold, until it goes. The queue is memory: it ends with the hub's instance, so let a
// rest-for-one supervisor hold the hub before its workers, and they join the new one as they start.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import {
  type Ack,
  type ArgumentSchemas,
  ask,
  type Deferred,
  type Handlers,
  type Protocol,
  protocol,
  tell,
} from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { invariant } from "#runtime/core/invariant.ts";
import { type PullWorker, WorkDesk, type WorkHubStatus, type WorkHubTerms } from "./work-desk.ts";

export interface WorkHub<T> {
  /**
   * Answered when the item is in the queue. Until then it waits for room, or fails with `queue_full`
   * when too many offers wait; one that was cancelled or has timed out is not taken later.
   */
  offer(item: T): Ack;
  /**
   * A worker that holds nothing has room for so many; said in its `start`, also after a restart. Its
   * mailbox must take them beside all else: more than the capacity of one on this node is `invalid`.
   */
  join(worker: Ref<PullWorker<T>>, room: number): Ack;
  /** It gets nothing more, and what it holds goes to others. */
  leave(worker: Ref<PullWorker<T>>): Ack;
  /** The item is done and is delivered no more. A delivery that was given back is not counted. */
  finish(worker: Ref<PullWorker<T>>, delivery: number): void;
  status(): WorkHubStatus;
}

export interface WorkHubClass<T> {
  readonly protocol: Protocol<WorkHub<T>>;
  initial(args: WorkHubTerms): WorkHubTerms;
  new (): object;
}

/** Milliseconds that an offer waits for room unless its producer says otherwise. */
const offerWithinMs = 30_000;

/** Declares the hub for one kind of item. `schemas` checks the items that come from other nodes. */
export function workHubOf<T>(
  id: `${string}@${number}`,
  schemas: Pick<ArgumentSchemas<WorkHub<T>>, "offer"> = {},
): WorkHubClass<T> {
  return class Hub extends Actor<WorkHub<T>, WorkHubTerms> implements Handlers<WorkHub<T>> {
    static readonly protocol = protocol<WorkHub<T>>(id, {
      offer: ask({ within: offerWithinMs }),
      join: ask,
      leave: ask,
      finish: tell,
      status: ask,
    }).checked(schemas);
    static initial = (args: WorkHubTerms): WorkHubTerms => args;
    #desk: WorkDesk<T> | undefined;

    override start(): void {
      this.#desk = new WorkDesk<T>(this.state, this.ctx);
    }

    override terminated(worker: AnyRef): void {
      this.#open().forget(worker);
    }

    override stopped(): void {
      this.#desk?.close();
    }

    offer(item: T): Deferred<Ack> {
      return this.ctx.defer(this.#open().offer(item, this.ctx.signal));
    }

    join(worker: Ref<PullWorker<T>>, room: number): Ack {
      return this.#open().join(worker, room);
    }

    leave(worker: Ref<PullWorker<T>>): Ack {
      return this.#open().leave(worker);
    }

    finish(worker: Ref<PullWorker<T>>, delivery: number): void {
      this.#open().finish(worker, delivery);
    }

    status(): WorkHubStatus {
      return this.#open().status;
    }

    #open(): WorkDesk<T> {
      invariant(this.#desk !== undefined, "a hub handles messages after its start");
      return this.#desk;
    }
  };
}
