// What is running on this node right now: which actor, which message. Handlers run one after the
// other, so one register for the whole node says who sends and on whose behalf.
//
// After an `await` the register belongs to somebody else. An ask brings it back: its promise settles
// between two microtasks, one that puts the register in place and one that clears it, so exactly the
// code that awaited the ask finds it. Code that awaits anything else goes through `ctx.via(ref)`.

import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Selector } from "#protocols/selector.ts";
import { Call, type Caller, type CallMessage } from "./call.ts";
import type { Gated } from "./gate.ts";
import { invariant } from "./invariant.ts";
import type { Taken } from "./message-queue.ts";
import type { Origin } from "./origin.ts";
import { RingBuffer } from "./ring-buffer.ts";

/** The actor whose handler runs, as a sender. */
export interface Running extends Caller, Origin {
  readonly uid: number;
  readonly sender: AnyRef;
  /** Takes no further message until that actor has room. */
  pauseFor(target: Gated): void;
}

/** After so many turns the object that holds a message is made anew: a power of two. */
const turnsPerSlot = 64;

class MessageInProgress implements Taken {
  selector: Selector | undefined = undefined;
  payload: unknown = undefined;
  origin: Origin | undefined = undefined;
}

export class Focus implements Taken {
  /**
   * The message of the handler in progress. A young object, as its messages are: V8 keeps a list of the
   * fields of old objects that hold young ones, and each entry costs a tenth of a message. Hot: W1, W2.
   */
  message = new MessageInProgress();
  #turnsBegun = 0;
  cell: Running | undefined;
  /** Whose turn is on the stack. */
  turnOf: unknown;
  token: unknown;
  /** The handler in progress as an object; made when somebody needs one. */
  call: Call | undefined;
  #calls = 0;
  readonly #resuming = new RingBuffer<Call>();
  readonly #settled = Promise.resolve();

  get selector(): Selector | undefined {
    return this.message.selector;
  }

  set selector(selector: Selector | undefined) {
    this.message.selector = selector;
  }

  get payload(): unknown {
    return this.message.payload;
  }

  set payload(payload: unknown) {
    this.message.payload = payload;
  }

  get origin(): Origin | undefined {
    return this.message.origin;
  }

  set origin(origin: Origin | undefined) {
    this.message.origin = origin;
  }

  beginTurn(cell: Running): void {
    this.cell = cell;
    this.turnOf = cell;
    this.#turnsBegun += 1;
    if (this.#turnsBegun < turnsPerSlot) return;
    this.#turnsBegun = 0;
    this.message = new MessageInProgress();
  }

  clear(): void {
    const { message } = this;
    message.selector = undefined;
    message.payload = undefined;
    message.origin = undefined;
    this.cell = undefined;
    this.token = undefined;
    this.call = undefined;
  }

  /**
   * Runs code of that actor, or of nobody, in the midst of somebody else's turn: a hook as its call,
   * a listener.
   */
  within<T>(cell: Running | undefined, act: () => T, as?: Call): T {
    const { selector, payload, origin, token, call, cell: before } = this;
    this.clear();
    this.cell = cell;
    this.call = as;
    try {
      return act();
    } finally {
      Object.assign(this, { cell: before, selector, payload, origin, token, call });
    }
  }

  /** The handler in progress; undefined outside of any. */
  theCall(): Call | undefined {
    const { cell, selector, payload, origin, token } = this;
    if (this.call === undefined && cell !== undefined && selector !== undefined) {
      this.call = this.makeCall(cell, { selector, payload, origin, token });
    }
    return this.call;
  }

  makeCall(cell: Caller, message: CallMessage): Call {
    this.#calls += 1;
    return new Call(cell, this.#calls, message);
  }

  /** Takes the handler in progress out: it has ended, or goes on by itself. */
  releaseCall(): Call {
    const call = this.theCall();
    invariant(call !== undefined, "a handler is in the focus while it runs");
    this.call = undefined;
    return call;
  }

  /** The code that awaits the promise settled right after this runs on behalf of `call`. */
  beforeSettling(call: Call): void {
    this.#resuming.push(call);
    this.#settled.then(this.#enter);
  }

  afterSettling(): void {
    this.#settled.then(this.#leave);
  }

  readonly #enter = (): void => {
    const call = this.#resuming.shift();
    if (!call?.isActive) return;
    this.call = call;
    this.cell = isRunning(call.caller) ? call.caller : undefined;
    this.selector = call.selector;
    this.payload = call.payload;
    this.origin = call.origin;
    this.token = call.token;
  };

  readonly #leave = (): void => this.clear();
}

const isRunning = (caller: Caller): caller is Running => "pauseFor" in caller;
