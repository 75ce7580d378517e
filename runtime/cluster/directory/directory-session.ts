// A node's session in the directory, as the node itself knows it: how long it may surely act on what
// it holds. The directory ends a session by its own clock, `ttl` after it heard the last renewal; the
// node counts from when it *sent* that renewal, and stops a margin earlier:
//
//   sent ──► heard ─────────────── ttl ───────────────► ended, others may claim
//    └────────────── ttl - margin ─────────► lost, said once: whoever holds something stops
//
// Once lost it never comes back: the node is to end, and to start anew with a higher incarnation.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { NodeId } from "#protocols/address.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Topic } from "#runtime/core/event-bus.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import type { Directory, PlainValue, Predecessor, Revision } from "./directory.ts";
import { sessionLost } from "./directory-sessions.ts";
import type { WaitingPorts } from "./patient-call.ts";
import { SessionNews, type SessionState } from "./session-news.ts";

export interface SessionTerms {
  /** Milliseconds without renewal after which the session ends. Default: 3 s. */
  readonly ttlMs?: number;
  /** What others are to know of this node. Default: null. */
  readonly record?: PlainValue;
  /** Default: `unknown`. */
  readonly predecessor?: Predecessor;
  /** Default: `at-once`. Until it is open nothing has to be renewed. */
  readonly opens?: "at-once" | "with-first-claim";
}

export interface SessionLost {
  readonly node: NodeId;
  readonly failure: FailureData;
}

/** The node's session is over: what it held belongs to others soon. */
export const sessionLostTopic: Topic<SessionLost> = { name: "troupe.session-lost" };

/** An entry that is to vanish when its actor ends. */
export interface HeldEntry {
  readonly owner: AnyRef;
  readonly revision: Revision;
  /** Its actor has ended; it has not been removed yet. */
  isEnding: boolean;
}

export class DirectorySession {
  readonly node: NodeId;
  readonly directory: Directory;
  readonly ttlMs: number;
  /** Left of the ttl when the node stops by itself: for stopping, and for clocks that drift. */
  readonly marginMs: number;
  readonly record: PlainValue;
  readonly predecessor: Predecessor;
  readonly opens: "at-once" | "with-first-claim";
  /** By key; they outlive the actor that looks after them. */
  readonly held = new Map<string, HeldEntry>();
  readonly #system: ActorSystem;
  readonly #listeners = new Set<(failure: Failure) => void>();
  readonly #opening: Promise<void>;
  #settle: { readonly open: () => void; readonly fail: (failure: Failure) => void };
  #safeUntilMs = Number.NEGATIVE_INFINITY;
  #isOpen = false;
  #lost: Failure | undefined;
  #isClosing = false;
  /** What the next renewal is to tell of the node. */
  readonly news = new SessionNews();

  constructor(system: ActorSystem, directory: Directory, terms: SessionTerms = {}) {
    this.node = system.node;
    this.directory = directory;
    this.ttlMs = terms.ttlMs ?? directoryLimits.ttlMsDefault;
    this.marginMs = this.ttlMs / 6;
    this.record = terms.record ?? null;
    this.predecessor = terms.predecessor ?? "unknown";
    this.opens = terms.opens ?? "at-once";
    this.#system = system;
    this.#settle = { open: () => {}, fail: () => {} };
    this.#opening = new Promise((resolve, reject) => {
      this.#settle = { open: resolve, fail: reject };
    });
    this.#opening.catch(() => {});
  }

  /** For those who wait on its behalf. */
  get ports(): WaitingPorts {
    return this.#system;
  }

  /** Settles when the session is open; fails with why it cannot be, or is over. */
  get opened(): Promise<void> {
    return this.#lost ? Promise.reject(this.#lost) : this.#opening;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the node may still act on what it holds, at this very moment. */
  get isSafe(): boolean {
    const isOurs = this.#isOpen && !this.#isClosing && this.#lost === undefined;
    return isOurs && this.#system.clock.now() < this.#safeUntilMs;
  }

  get safeUntilMs(): number {
    return this.#safeUntilMs;
  }

  /** Why it is over; undefined as long as it is not known to be. */
  get lost(): Failure | undefined {
    return this.#lost;
  }

  /** It is given back: nothing has to be renewed any more, and nothing can be held. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * What others see of this node beside its record, from the next renewal on: its load. Fails with
   * `invalid` for the keys `status`, `suspects` and `placed`, under which the engine speaks.
   */
  say(state: SessionState): void {
    this.news.say(state);
  }

  /** Tells all that this node is about to leave: no new work is to come here. */
  leave(): void {
    this.news.tell("status", "leaving");
  }

  /** Called once, at once when it is over already; answers how to withdraw. */
  onLost(listener: (failure: Failure) => void): () => void {
    if (this.#lost) {
      listener(this.#lost);
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The directory has granted what was asked for at `sentMs`. */
  granted(sentMs: number, ttlMs: number): void {
    if (this.#lost) return;
    this.#safeUntilMs = Math.max(this.#safeUntilMs, sentMs + ttlMs - this.marginMs);
    this.#isOpen = true;
    this.#settle.open();
  }

  /** Says it once; later calls change nothing. */
  lose(failure: Failure): void {
    if (this.#lost) return;
    this.#lost = failure;
    this.#settle.fail(failure);
    this.#system.log.write("error", "/", failure.detail, { code: failure.code });
    for (const listener of this.#listeners) listener(failure);
    this.#listeners.clear();
    this.#system.events.publish(sessionLostTopic, { node: this.node, failure: failure.toData() });
  }

  /** Fails with `session_lost` when what is held may belong to another already. */
  check(): void {
    if (!this.isSafe) throw this.#lost ?? sessionLost(this.node);
  }

  /** Gives all back, for a node that leaves; a directory that is away may take so many ms. */
  async close(withinMs: number): Promise<void> {
    if (!this.#isOpen || this.#lost || this.#isClosing) return;
    const { clock, timers } = this.#system;
    const over = new AbortController();
    this.#isClosing = true;
    const closing = this.#sayGoodbye().catch((error: unknown) => {
      const { code, detail } = Failure.of(error);
      this.#system.log.write("warn", "/", `the session ends by itself: ${detail}`, { code });
    });
    const late = sleepUntil(timers, clock.now() + withinMs, over.signal).catch(() => {});
    await Promise.race([closing, late]);
    over.abort();
  }

  /** So that its end is known as a leave, and its links may say goodbye themselves. */
  async #sayGoodbye(): Promise<void> {
    this.leave();
    const { news, node } = this;
    const { state = null } = news;
    await this.directory.renew(node, { state }).catch(() => {});
    await this.directory.close(node);
  }
}
