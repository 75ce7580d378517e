// Typed topics inside one node: what happened, for whoever cares. Publishing never waits and never
// fails; a listener that throws is counted and the others hear all the same.
import type { Address, NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { BoundCounts, BoundState } from "./bounds.ts";
import type { DeadLetter } from "./dead-letters.ts";
import type { Focus } from "./focus.ts";

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

/** A topic of one's own: `topic<Price>("prices")`. Topics of one name are one. */
export interface Topic<E> {
  readonly name: string;
  /** Absent: this node only. Made by `clusterTopic`. */
  readonly reach?: "cluster";
  /** Never present: carries the type. */
  readonly $type?: E;
}

const ofEngine = "troupe.";

/** Fails with `invalid` for a name that the engine keeps to itself. */
export function topic<E>(name: string): Topic<E> {
  if (!name.startsWith(ofEngine)) return { name };
  const text = `topics that begin with "${ofEngine}" are the engine's own: rename ${name}, or take it from systemTopics`;
  throw new Failure("invalid", text);
}

/** The engine's topics. */
export const systemTopics: { readonly [K in keyof SystemEvents]: Topic<SystemEvents[K]> } = {
  spawned: { name: "troupe.spawned" },
  crashed: { name: "troupe.crashed" },
  ended: { name: "troupe.ended" },
  "dead-letter": { name: "troupe.dead-letter" },
  "node-up": { name: "troupe.node-up" },
  "node-down": { name: "troupe.node-down" },
};

/** Brings topics of the cluster to other nodes. */
export interface TopicRelay {
  /** Its bounds, where it tells of them. */
  readonly bounds?: readonly BoundState[];
  /** The first listener of this node is there; the last one is gone. */
  listened(to: Topic<unknown>): void;
  unlistened(from: Topic<unknown>): void;
  published(to: Topic<unknown>, event: unknown): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the topic's type parameter says what its listeners take.
type Listener = (event: any) => void;

export class EventBus {
  readonly #topics = new Map<string, Set<Listener>>();
  readonly #complain: (failure: Failure) => void;
  readonly #focus: Focus;
  readonly #bounds: BoundCounts;
  #relay: TopicRelay | undefined;
  #listeners = 0;

  constructor(complain: (failure: Failure) => void, bounds: BoundCounts, focus: Focus) {
    this.#complain = complain;
    this.#focus = focus;
    this.#bounds = bounds;
  }

  get listenerCount(): number {
    return this.#listeners;
  }

  /** Where topics of the cluster go; set once, by whoever assembles the node. */
  useRelay(relay: TopicRelay): void {
    this.#relay = relay;
  }

  get bounds(): readonly BoundState[] {
    return this.#relay?.bounds ?? [];
  }

  /** Somebody listens: events need not be made for nobody. */
  hasListeners(of: Topic<unknown>): boolean {
    return this.#topics.has(of.name);
  }

  /**
   * Calls `listener` with each event from now on, where it is published; answers how to end that.
   * For code outside of actors: these have `ctx.subscribe`. Fails with `mailbox_full` beyond
   * `limits.listenersMax`, and with `unavailable` for a topic of the cluster on a system without one.
   */
  subscribe<E>(to: Topic<E>, listener: (event: E) => void): () => void {
    if (this.#listeners >= limits.listenersMax) {
      this.#bounds.reached("listenersMax");
      const text = `${limits.listenersMax} listeners subscribe already; unsubscribe those that ended`;
      throw new Failure("mailbox_full", text);
    }
    const relay = this.#relayOf(to);
    const listeners = this.#topics.get(to.name) ?? new Set<Listener>();
    const own: Listener = (event) => listener(event);
    listeners.add(own);
    this.#topics.set(to.name, listeners);
    this.#listeners += 1;
    if (listeners.size === 1) relay?.listened(to);
    return () => {
      if (!listeners.delete(own)) return;
      this.#listeners -= 1;
      if (listeners.size === 0 && this.#topics.get(to.name) === listeners) {
        this.#topics.delete(to.name);
        relay?.unlistened(to);
      }
    };
  }

  /** To all who listen, here and now; to other nodes, where the topic reaches them. */
  publish<E>(to: Topic<E>, event: NoInfer<E>): void {
    const relay = this.#relayOf(to);
    this.tell(to, event);
    // Nobody pauses for a full link because of an event.
    if (relay) this.#focus.within(undefined, () => relay.published(to, event));
  }

  /** To those of this node alone. */
  tell<E>(to: Topic<E>, event: NoInfer<E>): void {
    for (const listener of [...(this.#topics.get(to.name) ?? [])]) {
      try {
        // Whoever publishes is not who listens.
        this.#focus.within(undefined, () => listener(event));
      } catch (error) {
        this.#complain(new Failure("internal", `a listener of ${to.name} threw`, error));
      }
    }
  }

  #relayOf(of: Topic<unknown>): TopicRelay | undefined {
    if (of.reach !== "cluster") return undefined;
    if (this.#relay) return this.#relay;
    const text = `${of.name} is a topic of the cluster, and this system belongs to none: start it as a node, and not in a thread`;
    throw new Failure("unavailable", text);
  }
}
