// Typed topics inside one node: what happened, for whoever cares. Publishing never waits and never
// fails; a listener that throws is counted and the others hear all the same.
import type { Address, NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { DeadLetter } from "./dead-letters.ts";

/** What the engine itself publishes. */
export interface SystemEvents {
  readonly spawned: { readonly actor: Address };
  readonly crashed: {
    readonly actor: Address;
    readonly failure: FailureData;
    readonly during: string;
  };
  readonly ended: { readonly actor: Address; readonly exit: Exit };
  readonly "dead-letter": DeadLetter;
  readonly "node-up": { readonly node: NodeId };
  readonly "node-down": { readonly node: NodeId };
}

/** A topic of one's own: `topic<Price>("prices")`. */
export interface Topic<E> {
  readonly name: string;
  /** Never present: carries the type. */
  readonly $type?: E;
}

export const topic = <E>(name: string): Topic<E> => ({ name });

/** The engine's topics. */
export const systemTopics: { readonly [K in keyof SystemEvents]: Topic<SystemEvents[K]> } = {
  spawned: { name: "troupe.spawned" },
  crashed: { name: "troupe.crashed" },
  ended: { name: "troupe.ended" },
  "dead-letter": { name: "troupe.dead-letter" },
  "node-up": { name: "troupe.node-up" },
  "node-down": { name: "troupe.node-down" },
};

// biome-ignore lint/suspicious/noExplicitAny: the topic's type parameter says what its listeners take.
type Listener = (event: any) => void;

export class EventBus {
  readonly #topics = new Map<string, Set<Listener>>();
  readonly #complain: (failure: Failure) => void;
  #listeners = 0;

  constructor(complain: (failure: Failure) => void) {
    this.#complain = complain;
  }

  /** Somebody listens: events need not be made for nobody. */
  hasListeners(of: Topic<unknown>): boolean {
    return this.#topics.has(of.name);
  }

  /**
   * Calls `listener` with each event from now on; answers how to end that. For an actor, let it be a
   * tell to its own ref. Fails with `mailbox_full` beyond `limits.listenersMax`.
   */
  subscribe<E>(to: Topic<E>, listener: (event: E) => void): () => void {
    if (this.#listeners >= limits.listenersMax) {
      const text = `${limits.listenersMax} listeners subscribe already; unsubscribe those that ended`;
      throw new Failure("mailbox_full", text);
    }
    const listeners = this.#topics.get(to.name) ?? new Set<Listener>();
    const own: Listener = (event) => listener(event);
    listeners.add(own);
    this.#topics.set(to.name, listeners);
    this.#listeners += 1;
    return () => {
      if (!listeners.delete(own)) return;
      this.#listeners -= 1;
      if (listeners.size === 0 && this.#topics.get(to.name) === listeners) {
        this.#topics.delete(to.name);
      }
    };
  }

  publish<E extends object>(to: Topic<E>, event: E): void {
    for (const listener of [...(this.#topics.get(to.name) ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        this.#complain(new Failure("internal", `a listener of ${to.name} threw`, error));
      }
    }
  }
}
