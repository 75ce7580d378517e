// One handler in progress: the message it handles, its deadline and abort signal, the asks it has
// made. Calls that wait for each other form the chain in which a cycle of asks is found.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { formatNode } from "#protocols/address.ts";
import type { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Selector } from "#protocols/selector.ts";
import type { ObservedActor } from "./observer.ts";
import type { Origin } from "./origin.ts";
import type { Withdrawable } from "./reply.ts";

/** An ask that a call has made, as a link of the call's list. */
export interface AskOfCall {
  previousOfCall: AskOfCall | undefined;
  nextOfCall: AskOfCall | undefined;
  /** The actor of this node that was asked, if it is one. */
  readonly target: unknown;
  readonly isReadonly: boolean;
  /** Who works on it; undefined while it waits in a mailbox. */
  readonly worker: Withdrawable | undefined;
  /** Ends it, and answers who worked on it and is to hear of that. */
  withdrawWithAsker(): Withdrawable | undefined;
  refuse(failure: Failure): void;
}

/** The actor that a call runs in. */
export interface Caller extends ObservedActor {
  readonly ref: AnyRef;
  /** Runs code of this actor in the midst of somebody else's turn, as that call if one is given. */
  perform<T>(act: () => T, call?: Call): T;
}

export interface CallMessage {
  readonly selector: Selector;
  readonly payload: unknown;
  readonly origin: Origin | undefined;
  readonly token: unknown;
}

export class Call implements Withdrawable {
  readonly caller: Caller;
  /** Unique on its node. */
  readonly number: number;
  readonly selector: Selector;
  readonly payload: unknown;
  readonly origin: Origin | undefined;
  /** What the observer gave at the beginning. */
  readonly token: unknown;
  /** The handler has not ended. */
  isOpen = true;
  /** It awaits something: while it does, its actor takes no other message. */
  isAwaiting = false;
  /** It has ended, but its answer is still to come: what it asks, it asks for that. */
  isDeferring = false;
  /** Also when nobody has looked at the signal so far. */
  #isAborted = false;
  /** What the handler has done with the message instead of answering it. */
  disposal: "stashed" | "forwarded" | undefined;
  #controller: AbortController | undefined;
  /** Asks made by this call that are open, linked. */
  #asks: AskOfCall | undefined;
  #chain: readonly string[] | undefined;

  constructor(caller: Caller, number: number, message: CallMessage) {
    this.caller = caller;
    this.number = number;
    this.selector = message.selector;
    this.payload = message.payload;
    this.origin = message.origin;
    this.token = message.token;
    const reply = message.origin?.reply;
    if (reply) reply.worker = this;
  }

  /** Somebody may wait for what it does: it has not ended, or has deferred its answer. */
  get isActive(): boolean {
    return this.isOpen || (this.isDeferring && this.origin?.reply?.isOpen === true);
  }

  /** No message: `start` or `stopped`. */
  get isHook(): boolean {
    return this.selector.index < 0;
  }

  get deadlineMs(): number {
    return this.origin?.reply?.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  /** Aborted when the asker gives up or the actor stops; made when first looked at. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted || this.origin?.reply?.isOpen === false) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** The actor is stopping: whoever listens to the signal should end. */
  abort(): void {
    this.#isAborted = true;
    const controller = this.#controller;
    if (controller?.signal.aborted === false) this.caller.perform(() => controller.abort());
  }

  /**
   * The asker gave up: so does everything that was asked on its behalf. A loop, not a recursion: a
   * chain of asks may be long.
   */
  withdraw(): void {
    const left: Withdrawable[] = [this];
    for (let next = left.pop(); next; next = left.pop()) {
      if (next instanceof Call) next.#withdrawInto(left);
      else next.withdraw();
    }
  }

  #withdrawInto(left: Withdrawable[]): void {
    this.abort();
    for (let ask = this.#asks; ask; ask = this.#asks) {
      const worker = ask.withdrawWithAsker();
      if (worker) left.push(worker);
    }
  }

  made(ask: AskOfCall): void {
    ask.nextOfCall = this.#asks;
    if (this.#asks) this.#asks.previousOfCall = ask;
    this.#asks = ask;
  }

  settled(ask: AskOfCall): void {
    const { previousOfCall: previous, nextOfCall: next } = ask;
    if (previous) previous.nextOfCall = next;
    else if (this.#asks === ask) this.#asks = next;
    if (next) next.previousOfCall = previous;
    ask.previousOfCall = undefined;
    ask.nextOfCall = undefined;
  }

  /** What it has asked and has no answer to yet. */
  get openAsks(): readonly AskOfCall[] {
    const asks: AskOfCall[] = [];
    for (let ask = this.#asks; ask; ask = ask.nextOfCall) asks.push(ask);
    return asks;
  }

  /** The call that waits for this one, if it was asked by an actor of this node. */
  get askedBy(): Call | undefined {
    const reply = this.origin?.reply;
    return reply !== undefined && "asker" in reply && reply.asker instanceof Call
      ? reply.asker
      : undefined;
  }

  /** The handlers of other nodes that wait for this one, as these have told. */
  get chainElsewhere(): readonly string[] {
    let call: Call = this;
    for (let next = call.askedBy; next; next = call.askedBy) call = next;
    return call.origin?.reply?.chain ?? [];
  }

  /**
   * The handlers that wait for this one and it itself, outermost first, at most `askChainMax`. Those
   * that wait do not change while it is in progress: one list for all that it asks.
   */
  chain(): readonly string[] {
    this.#chain ??= this.#findChain();
    return this.#chain;
  }

  #findChain(): readonly string[] {
    const { askChainMax } = limits;
    const keys: string[] = [];
    let call: Call | undefined = this;
    for (; call && keys.length < askChainMax; call = call.askedBy) keys.unshift(call.key);
    return call ? keys : [...this.chainElsewhere, ...keys].slice(-askChainMax);
  }

  /** Names this handler in progress to other nodes. */
  get key(): string {
    const { address } = this.caller;
    return `${formatNode(address.node)}/${address.uid}/${this.number}`;
  }
}
