// Asks in flight: each ends exactly once, by an answer, by its deadline, by its caller's signal, or
// because the receiver's node went down. What comes later is dropped and counted.
//
// Hot: W2.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { formatNode, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import { AbortListeners } from "./abort-listeners.ts";
import { type AskTerms, aboutOf, cancelled, refusalOf } from "./ask-terms.ts";
import type { BoundCounts } from "./bounds.ts";
import type { AskOfCall, Call } from "./call.ts";
import type { Focus } from "./focus.ts";
import type { Origin } from "./origin.ts";
import type { Reply, Withdrawable } from "./reply.ts";
import type { Tick } from "./tick.ts";
import type { Timer, TimerQueue } from "./timer-queue.ts";

/** What an open ask tells its keeper. */
interface Keeper {
  readonly focus: Focus;
  now(): number;
  /** Read from the clock, also within a pass of the event loop. */
  nowExactly(): number;
  rearm(ask: PendingAsk): void;
  closed(ask: PendingAsk): void;
  late(): void;
}

export class PendingAsk implements Reply, Origin, Timer, AskOfCall {
  readonly isPlain = false;
  readonly ticket = undefined;
  dueMs: number;
  previous: Timer | undefined;
  next: Timer | undefined;
  previousOfCall: AskOfCall | undefined;
  nextOfCall: AskOfCall | undefined;
  worker: Withdrawable | undefined;
  readonly #terms: AskTerms;
  readonly #keeper: Keeper;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (failure: Failure) => void;
  readonly #openedMs: number;
  #isOpen = true;
  #isExtended = false;

  constructor(
    keeper: Keeper,
    terms: AskTerms,
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ) {
    const now = keeper.now();
    const inherited = terms.asker === undefined ? Number.POSITIVE_INFINITY : terms.asker.deadlineMs;
    this.dueMs = Math.min(now + terms.within, Math.max(now, inherited));
    this.#openedMs = now;
    this.#terms = terms;
    this.#keeper = keeper;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get reply(): Reply {
    return this;
  }

  get sender(): AnyRef | undefined {
    const { asker, isPassedOn, sender } = this.#terms;
    return isPassedOn ? asker?.origin?.sender : (asker?.caller.ref ?? sender);
  }

  /** Its sender is whoever sent what the asker hands on. */
  get isPassedOn(): boolean {
    return this.#terms.isPassedOn;
  }

  get asker(): Call | undefined {
    return this.#terms.asker;
  }

  get trace(): TraceContext | undefined {
    return this.#terms.trace;
  }

  get target(): unknown {
    return this.#terms.target;
  }

  get isReadonly(): boolean {
    return this.#terms.isReadonly;
  }

  get chain(): readonly string[] | undefined {
    return this.#terms.chain;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get signal(): AbortSignal | undefined {
    return this.#terms.signal;
  }

  get deadlineMs(): number {
    return this.dueMs;
  }

  /** Receiver and method. */
  get about(): string {
    return aboutOf(this.#terms);
  }

  succeed(value: unknown): void {
    if (!this.#close()) return;
    const { asker } = this;
    const goesOn = asker?.isActive === true;
    if (goesOn) this.#keeper.focus.beforeSettling(asker);
    this.#resolve(value);
    if (goesOn) this.#keeper.focus.afterSettling();
  }

  refuse(failure: Failure): void {
    if (!this.#close()) return;
    const { asker } = this;
    const goesOn = asker?.isActive === true;
    if (goesOn) this.#keeper.focus.beforeSettling(asker);
    this.#reject(failure);
    if (goesOn) this.#keeper.focus.afterSettling();
  }

  /**
   * The deadline has passed. When the event loop was blocked, nobody could have answered meanwhile,
   * so the ask gets that time on top, once.
   */
  ring(): void {
    const now = this.#keeper.nowExactly();
    const within = this.dueMs - this.#openedMs;
    const blockedMs = now - this.dueMs;
    if (blockedMs > limits.turnMs && !this.#isExtended) {
      this.#isExtended = true;
      this.dueMs = now + Math.min(blockedMs, within);
      this.#keeper.rearm(this);
      return;
    }
    // It may travel far, to people who know nothing of asks: what they can do is said, and no call of ours.
    const text = `no answer from ${this.about} in ${Math.round(within)} ms; it may still handle it: ask again, or give it more time`;
    this.giveUp(new Failure("timeout", text));
  }

  /** Whoever asked this on somebody's behalf lost that somebody. */
  withdrawWithAsker(): Withdrawable | undefined {
    const { worker } = this;
    this.refuse(
      new Failure("cancelled", `the request that asked ${this.about} was itself withdrawn`),
    );
    return worker;
  }

  /** The asker does not want the answer any more. */
  giveUp(failure: Failure): void {
    if (!this.#isOpen) return;
    const { worker } = this;
    this.refuse(failure);
    worker?.withdraw();
  }

  /** Its signal was aborted. */
  abort(): void {
    this.giveUp(cancelled(this.about));
  }

  #close(): boolean {
    if (!this.#isOpen) {
      this.#keeper.late();
      return false;
    }
    this.#isOpen = false;
    this.#keeper.closed(this);
    return true;
  }
}

export class Asks {
  readonly focus: Focus;
  readonly #tick: Tick;
  readonly #timers: TimerQueue;
  readonly #bounds: BoundCounts;
  readonly #remote = new Map<number, { readonly node: NodeId; readonly ask: PendingAsk }>();
  readonly #signals = new AbortListeners();
  #open = 0;
  #correlation = 0;
  #lateReplies = 0;

  constructor(focus: Focus, tick: Tick, timers: TimerQueue, bounds: BoundCounts) {
    this.#bounds = bounds;
    this.focus = focus;
    this.#tick = tick;
    this.#timers = timers;
  }

  get openCount(): number {
    return this.#open;
  }

  nowExactly(): number {
    return this.#tick.refresh();
  }

  now(): number {
    return this.#tick.now();
  }

  get lateReplyCount(): number {
    return this.#lateReplies;
  }

  /**
   * Opens an ask: `resolve` or `reject` hears of its end, once. It is for the caller to send it,
   * unless it has ended already: when it may not be asked so, or too many wait.
   *
   * No closure is made here or on the way here: making one costs more than all the rest.
   */
  open(
    terms: AskTerms,
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ): PendingAsk {
    const refusal = refusalOf(terms, this.#open);
    const ask = new PendingAsk(this, terms, resolve, reject);
    this.#open += 1;
    if (terms.asker !== undefined) terms.asker.made(ask);
    if (refusal !== undefined) {
      if (refusal.code === "mailbox_full") this.#bounds.reached("asksPendingMax");
      ask.refuse(refusal);
      return ask;
    }
    this.#timers.arm(ask);
    if (terms.signal !== undefined) this.#signals.add(terms.signal, ask);
    return ask;
  }

  rearm(ask: PendingAsk): void {
    this.#timers.arm(ask);
  }

  closed(ask: PendingAsk): void {
    this.#open -= 1;
    this.#timers.cancel(ask);
    ask.asker?.settled(ask);
    if (ask.signal !== undefined) this.#signals.remove(ask.signal, ask);
  }

  late(): void {
    this.#lateReplies += 1;
  }

  /** Gives a remote ask the number by which its answer will name it. */
  track(node: NodeId, ask: PendingAsk): number {
    this.#correlation += 1;
    this.#remote.set(this.#correlation, { node, ask });
    return this.#correlation;
  }

  /** Takes a remote ask out by its number; undefined, and counted, when it has ended already. */
  take(correlation: number): PendingAsk | undefined {
    const entry = this.#remote.get(correlation);
    this.#remote.delete(correlation);
    if (entry?.ask.isOpen) return entry.ask;
    this.#lateReplies += 1;
    return undefined;
  }

  /** Drops a remote ask that its asker gave up. */
  forget(correlation: number): void {
    this.#remote.delete(correlation);
  }

  /** Ends all asks that wait for a node. */
  nodeDown(down: NodeId): void {
    for (const [correlation, entry] of this.#remote) {
      if (!isMeant(entry.node, down)) continue;
      this.#remote.delete(correlation);
      const text = `node ${formatNode(entry.node)} is gone; the outcome is unknown`;
      entry.ask.refuse(new Failure("node_down", text));
    }
  }
}

/** Whoever asked whichever process bears the name has asked that one. */
const isMeant = (asked: NodeId, down: NodeId): boolean =>
  asked.name === down.name && (asked.incarnation === 0 || asked.incarnation === down.incarnation);
