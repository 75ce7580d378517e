// Asks in flight: each ends exactly once, by an answer, by its deadline, by its caller's signal, or
// because the receiver's node went down. What comes later is dropped and counted.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Clock } from "./ports.ts";
import type { Reply } from "./reply.ts";
import type { TimerHandle, TimerQueue } from "./timer-queue.ts";

export interface AskTerms {
  readonly within: number;
  readonly signal: AbortSignal | undefined;
  /** Receiver and method, for error texts. */
  readonly about: string;
}

export class PendingAsk implements Reply {
  readonly deadlineMs: number;
  onGivenUp: (() => void) | undefined;
  #settle: ((outcome: { value: unknown } | { failure: Failure }) => void) | undefined;

  constructor(
    deadlineMs: number,
    settle: (outcome: { value: unknown } | { failure: Failure }) => void,
  ) {
    this.deadlineMs = deadlineMs;
    this.#settle = settle;
  }

  get isOpen(): boolean {
    return this.#settle !== undefined;
  }

  succeed(value: unknown): void {
    this.#end({ value });
  }

  refuse(failure: Failure): void {
    this.#end({ failure });
  }

  /** The asker does not want the answer any more. */
  giveUp(failure: Failure): void {
    if (!this.isOpen) return;
    this.#end({ failure });
    this.onGivenUp?.();
  }

  #end(outcome: { value: unknown } | { failure: Failure }): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}

export class Asks {
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #remote = new Map<number, { readonly node: string; readonly ask: PendingAsk }>();
  #open = 0;
  #correlation = 0;
  #lateReplies = 0;

  constructor(clock: Clock, timers: TimerQueue) {
    this.#clock = clock;
    this.#timers = timers;
  }

  get openCount(): number {
    return this.#open;
  }

  get lateReplyCount(): number {
    return this.#lateReplies;
  }

  /** Opens an ask, hands it to `send`, and answers the promise of its end. */
  open(terms: AskTerms, send: (ask: PendingAsk) => void): Promise<unknown> {
    if (!Number.isFinite(terms.within) || terms.within < 0) {
      const text = `${terms.about} was asked within ${terms.within} ms; give a number from 0`;
      return Promise.reject(new Failure("invalid", text));
    }
    if (terms.signal?.aborted) return Promise.reject(cancelled(terms.about));
    if (this.#open >= limits.asksPendingMax) return Promise.reject(tooMany(terms.about));
    this.#open += 1;
    return new Promise((resolve, reject) => {
      const { signal } = terms;
      const abort = (): void => ask.giveUp(cancelled(terms.about));
      const ask = new PendingAsk(this.#clock.now() + terms.within, (outcome) => {
        this.#open -= 1;
        this.#timers.cancel(timer);
        signal?.removeEventListener("abort", abort);
        if ("failure" in outcome) reject(outcome.failure);
        else resolve(outcome.value);
      });
      const timer: TimerHandle = this.#timers.set(ask.deadlineMs, () => {
        ask.giveUp(new Failure("timeout", `no answer from ${terms.about} in ${terms.within} ms`));
      });
      signal?.addEventListener("abort", abort, { once: true });
      try {
        send(ask);
      } catch (error) {
        ask.refuse(Failure.of(error));
      }
    });
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
  nodeDown(node: string): void {
    for (const [correlation, entry] of this.#remote) {
      if (entry.node !== node) continue;
      this.#remote.delete(correlation);
      entry.ask.refuse(new Failure("node_down", `node ${node} is gone; the outcome is unknown`));
    }
  }
}

const cancelled = (about: string): Failure =>
  new Failure("cancelled", `the caller withdrew its request to ${about}`);

const tooMany = (about: string): Failure =>
  new Failure(
    "mailbox_full",
    `${limits.asksPendingMax} asks wait for replies already; ${about} was not asked. Ask less at once`,
  );
