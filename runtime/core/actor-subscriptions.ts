// Actors that listen to topics of the event bus: each event becomes a message of the actor's own, in
// its mailbox and with that one's bound and policy. A subscription lasts over restarts, as a watch
// does, and ends with the actor (so do Pekko's EventStream and Erlang's pg).
import type { Selector } from "#protocols/selector.ts";
import type { EventBus, Topic } from "./event-bus.ts";
import type { Origin } from "./origin.ts";

/** A living actor of this node. */
export interface Subscriber {
  readonly isClosed: boolean;
  readonly kind: { ownSelector(method: string, argumentCount: number): Selector };
  accept(selector: Selector, payload: unknown, origin: Origin | undefined): void;
}

interface Subscription {
  readonly method: string;
  end(): void;
}

export class ActorSubscriptions {
  readonly #events: EventBus;
  /** How to end each, by the topic's name. */
  readonly #ends = new Map<Subscriber, Map<string, Subscription>>();

  constructor(events: EventBus) {
    this.#events = events;
  }

  /** In place of the actor's earlier one to that topic. Fails with `mailbox_full` as the bus does. */
  add(actor: Subscriber, to: Topic<unknown>, method: string): void {
    const selector = actor.kind.ownSelector(method, 1);
    this.remove(actor, to);
    const end = this.#events.subscribe(to, (event) => this.#deliver(actor, selector, event));
    const ends = this.#ends.get(actor) ?? new Map<string, Subscription>();
    this.#ends.set(actor, ends.set(to.name, { method, end }));
  }

  remove(actor: Subscriber, from: Topic<unknown>): void {
    const ends = this.#ends.get(actor);
    ends?.get(from.name)?.end();
    ends?.delete(from.name);
    if (ends?.size === 0) this.#ends.delete(actor);
  }

  /** By topic: the method that hears of it. */
  of(actor: Subscriber): readonly (readonly [topic: string, method: string])[] {
    return [...(this.#ends.get(actor) ?? [])].map(([topic, { method }]) => [topic, method]);
  }

  /** The actor has ended. */
  drop(actor: Subscriber): void {
    for (const { end } of this.#ends.get(actor)?.values() ?? []) end();
    this.#ends.delete(actor);
  }

  #deliver(actor: Subscriber, selector: Selector, event: unknown): void {
    if (!actor.isClosed) actor.accept(selector, event, undefined);
  }
}
