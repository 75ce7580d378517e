// Asks in flight: each ends exactly once, by an answer, by its deadline, by its caller's signal, or
// because the receiver's node went down. What comes later is dropped and counted.
//
// Hot: W2.
import type { AnyRef, CallOptions } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { AskOfCall, Call } from "./call.ts";
import type { Focus } from "./focus.ts";
import type { Origin } from "./origin.ts";
import type { Reply, Withdrawable } from "./reply.ts";
import type { Tick } from "./tick.ts";
import type { Timer, TimerQueue } from "./timer-queue.ts";

export interface AskTerms {
  /** Milliseconds, unless the options or the asker's own deadline say less. */
  readonly within: number;
  readonly options: CallOptions | undefined;
  /** The handler that asks; undefined from outside of any actor. */
  readonly asker: Call | undefined;
  readonly trace: TraceContext | undefined;
  readonly target: unknown;
  /** Receiver and method, for error texts. */
  readonly about: () => string;
}

/** What another node says of an ask. */
export interface AskedFrom {
  readonly deadlineMs: number;
  readonly sender: AnyRef | undefined;
  readonly trace: TraceContext | undefined;
  readonly chain: readonly string[];
}

/** What an open ask tells its keeper. */
interface Keeper {
  readonly focus: Focus;
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
  readonly asker: Call | undefined;
  readonly trace: TraceContext | undefined;
  /** The actor of this node that was asked, if it is one. */
  readonly target: unknown;
  readonly chain: readonly string[] | undefined;
  readonly #remoteSender: AnyRef | undefined;
  readonly #keeper: Keeper;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (failure: Failure) => void;
  readonly #about: () => string;
  readonly #within: number;
  #isOpen = true;
  #signal: AbortSignal | undefined;
  #abort: (() => void) | undefined;

  constructor(
    keeper: Keeper,
    terms: Pick<AskTerms, "asker" | "trace" | "about" | "within" | "target"> & {
      readonly deadlineMs: number;
      readonly from: AskedFrom | undefined;
    },
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ) {
    this.#keeper = keeper;
    this.dueMs = terms.deadlineMs;
    this.asker = terms.asker;
    this.trace = terms.trace;
    this.target = terms.target;
    this.chain = terms.from?.chain;
    this.#remoteSender = terms.from?.sender;
    this.#about = terms.about;
    this.#within = terms.within;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get reply(): Reply {
    return this;
  }

  get sender(): AnyRef | undefined {
    return this.asker?.caller.ref ?? this.#remoteSender;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get deadlineMs(): number {
    return this.dueMs;
  }

  succeed(value: unknown): void {
    if (!this.#close()) return;
    const { asker } = this;
    if (asker?.isOpen) this.#keeper.focus.beforeSettling(asker);
    this.#resolve(value);
    if (asker?.isOpen) this.#keeper.focus.afterSettling();
  }

  refuse(failure: Failure): void {
    if (!this.#close()) return;
    const { asker } = this;
    if (asker?.isOpen) this.#keeper.focus.beforeSettling(asker);
    this.#reject(failure);
    if (asker?.isOpen) this.#keeper.focus.afterSettling();
  }

  /** The deadline has passed. */
  ring(): void {
    const text = `no answer from ${this.#about()} in ${Math.round(this.#within)} ms`;
    this.giveUp(new Failure("timeout", text));
  }

  /** Whoever asked this on somebody's behalf lost that somebody. */
  withdrawWithAsker(): void {
    this.giveUp(
      new Failure("cancelled", `the request that asked ${this.#about()} was itself withdrawn`),
    );
  }

  /** The asker does not want the answer any more. */
  giveUp(failure: Failure): void {
    if (!this.#isOpen) return;
    const { worker } = this;
    this.refuse(failure);
    worker?.withdraw();
  }

  /** Gives up when the signal is aborted; one signal may serve millions of asks. */
  listenTo(signal: AbortSignal): void {
    this.#signal = signal;
    this.#abort = () => this.giveUp(cancelled(this.#about()));
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  #close(): boolean {
    if (!this.#isOpen) {
      this.#keeper.late();
      return false;
    }
    this.#isOpen = false;
    if (this.#abort) this.#signal?.removeEventListener("abort", this.#abort);
    this.#keeper.closed(this);
    return true;
  }
}

export class Asks {
  readonly focus: Focus;
  readonly #tick: Tick;
  readonly #timers: TimerQueue;
  readonly #remote = new Map<number, { readonly node: string; readonly ask: PendingAsk }>();
  #open = 0;
  #correlation = 0;
  #lateReplies = 0;

  constructor(focus: Focus, tick: Tick, timers: TimerQueue) {
    this.focus = focus;
    this.#tick = tick;
    this.#timers = timers;
  }

  get openCount(): number {
    return this.#open;
  }

  now(): number {
    return this.#tick.now();
  }

  get lateReplyCount(): number {
    return this.#lateReplies;
  }

  /** Opens an ask and hands it to `send`; the promise settles with its end. */
  open(terms: AskTerms, send: (ask: PendingAsk) => void): Promise<unknown> {
    const within = terms.options?.within ?? terms.within;
    const refusal = this.#refusal(terms, within);
    if (refusal) return Promise.reject(refusal);
    const now = this.#tick.now();
    const inherited = terms.asker?.deadlineMs ?? Number.POSITIVE_INFINITY;
    const deadlineMs = inherited < now + within ? Math.max(now, inherited) : now + within;
    return new Promise((resolve, reject) => {
      const { asker, trace, target, about } = terms;
      const from = undefined;
      const made = { asker, trace, target, about, within: deadlineMs - now, deadlineMs, from };
      const ask = new PendingAsk(this, made, resolve, reject);
      this.#open += 1;
      this.#timers.arm(ask);
      asker?.made(ask);
      const signal = terms.options?.signal;
      if (signal) ask.listenTo(signal);
      try {
        send(ask);
      } catch (error) {
        ask.refuse(Failure.of(error));
      }
    });
  }

  /** An ask that came from another node: its answer goes to the callbacks. */
  openFor(
    from: AskedFrom,
    about: () => string,
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ): PendingAsk {
    const { deadlineMs, trace } = from;
    const within = deadlineMs - this.#tick.now();
    const local = { asker: undefined, target: undefined };
    const terms = { ...local, trace, about, within, deadlineMs, from };
    const ask = new PendingAsk(this, terms, resolve, reject);
    this.#open += 1;
    this.#timers.arm(ask);
    return ask;
  }

  closed(ask: PendingAsk): void {
    this.#open -= 1;
    this.#timers.cancel(ask);
    ask.asker?.settled(ask);
  }

  late(): void {
    this.#lateReplies += 1;
  }

  /** Gives a remote ask the number by which its answer will name it. */
  track(node: string, ask: PendingAsk): number {
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
  nodeDown(isOnNode: (node: string) => boolean): void {
    for (const [correlation, entry] of this.#remote) {
      if (!isOnNode(entry.node)) continue;
      this.#remote.delete(correlation);
      const text = `node ${entry.node} is gone; the outcome is unknown`;
      entry.ask.refuse(new Failure("node_down", text));
    }
  }

  #refusal(terms: AskTerms, within: number): Failure | undefined {
    if (!Number.isFinite(within) || within < 0) {
      const text = `${terms.about()} was asked within ${within} ms; give a number from 0`;
      return new Failure("invalid", text);
    }
    if (terms.options?.signal?.aborted) return cancelled(terms.about());
    if (this.#open >= limits.asksPendingMax) return tooMany(terms.about());
    return undefined;
  }
}

const cancelled = (about: string): Failure =>
  new Failure("cancelled", `the caller withdrew its request to ${about}`);

const tooMany = (about: string): Failure =>
  new Failure(
    "mailbox_full",
    `${limits.asksPendingMax} asks wait for replies already; ${about} was not asked. Ask less at once`,
  );
