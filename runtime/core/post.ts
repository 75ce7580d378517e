// Where the messages of this node's refs go: straight to an actor of this node, to whoever bears a
// path now, or over a link. Who sends is read off the focus.
//
// Hot: W1, W2, W4.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, isSameNode, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import { argumentsOf, formOf, payloadOf, type Selector } from "#protocols/selector.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Addressed } from "./ask-terms.ts";
import type { Asks, PendingAsk } from "./asks.ts";
import type { Call, Caller } from "./call.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Focus } from "./focus.ts";
import { acceptNamed } from "./named-message.ts";
import type { Observer } from "./observer.ts";
import { Letter, type Origin } from "./origin.ts";
import type { Post, RefHandle, RefOptions, Sink } from "./ref.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";
import { reply } from "./reply.ts";
import { noActor, unknownMessage } from "./system-failures.ts";
import { passedCycle, refuseCycle } from "./wait-graph.ts";

export interface PostPorts {
  readonly node: NodeId;
  readonly focus: Focus;
  readonly asks: Asks;
  readonly deadLetters: DeadLetters;
  readonly observer: Observer | undefined;
  readonly outbox: RemoteOutbox;
  /** The actor of this node at that address. */
  find(address: Address): Sink | undefined;
  /** What a reply is to be when its asker has it; undefined: as it was given. */
  readonly replyOf: ((value: unknown) => unknown) | undefined;
  /** Settles when the actor's mailbox has room. */
  room(actor: Sink, signal: AbortSignal | undefined): Promise<void>;
}

export class Postman implements Post {
  readonly #ports: PostPorts;
  readonly #focus: Focus;
  readonly #asks: Asks;
  readonly #observer: Observer | undefined;
  #resolve: (value: unknown) => void = ignore;
  #reject: (failure: Failure) => void = ignore;
  /** One executor for all promises: what settles the promise made last stands in the fields. */
  readonly #capture: (
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ) => void;

  constructor(ports: PostPorts) {
    this.#ports = ports;
    this.#focus = ports.focus;
    this.#asks = ports.asks;
    this.#observer = ports.observer;
    const { replyOf } = ports;
    this.#capture = (resolve, reject) => {
      this.#resolve = replyOf === undefined ? resolve : caring(replyOf, resolve, reject);
      this.#reject = reject;
    };
  }

  tell(target: Sink, selector: Selector, payload: unknown): void {
    const { cell, message } = this.#focus;
    const cause = message.origin;
    if (this.#observer === undefined && (cause === undefined || cause.isPlain)) {
      target.accept(selector, payload, cell);
    } else target.accept(selector, payload, this.#traced(selector.name));
  }

  ask(target: Sink, method: MethodSpec, selector: Selector, payload: unknown): Promise<unknown> {
    const answered = new Promise(this.#capture);
    const ask = this.#open({ method, options: undefined, target, to: target });
    if (ask.isOpen) deliver(ask, target, selector, payload);
    return answered;
  }

  tellBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): void {
    const { options } = handle;
    const target = this.#targetOf(handle);
    const trace = options.trace ?? this.#trace(method.name, options.call, options.caller);
    if (target === "elsewhere") {
      this.#ports.outbox.tell(handle, method, args, this.#originOf(options, trace));
    } else if (target) {
      const selector = selectorAt(target, handle, method, args);
      if (selector === undefined) {
        this.#lose(handle, method, "unknown_message");
        return;
      }
      const origin = this.#originOf(options, trace);
      sendAs(options, () => target.accept(selector, payloadOf(args), origin));
    } else {
      this.#lose(handle, method, "actor_stopped");
    }
  }

  askBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): Promise<unknown> {
    const { options } = handle;
    const answered = new Promise(this.#capture);
    const found = this.#targetOf(handle);
    const target = found === "elsewhere" ? undefined : found;
    const ask = this.#open({ method, options, target, to: handle });
    if (!ask.isOpen) return answered;
    if (found === "elsewhere") this.#ports.outbox.ask(handle, method, args, ask);
    else if (!target) ask.refuse(noActor(handle.address));
    else {
      const selector = selectorAt(target, handle, method, args);
      if (selector) sendAs(options, () => deliver(ask, target, selector, payloadOf(args)));
      else ask.refuse(unknownMessage(target.protocol.id, method.name));
    }
    return answered;
  }

  room(handle: RefHandle, signal: AbortSignal | undefined): Promise<void> {
    const target = this.#targetOf(handle);
    if (target === "elsewhere") return this.#ports.outbox.room(handle.address, signal);
    if (target) return this.#ports.room(target, signal);
    return Promise.reject(noActor(handle.address));
  }

  /** Hands a message with its sender and its open reply on to another actor. */
  pass(to: RefHandle, call: Call): void {
    const { selector, payload, origin } = call;
    const args = argumentsOf(selector, payload);
    const method = to.protocol.methods.get(selector.name);
    if (!method) {
      const text = `${to.toString()} speaks ${to.protocolId}, which has no ${selector.name}`;
      throw new Failure("unknown_message", text);
    }
    const target = this.#targetOf(to);
    const reply = origin?.reply;
    if (target !== undefined && target !== "elsewhere") {
      const cycle = passedCycle(call, target, method.selectors.one.isReadonly);
      if (cycle) reply?.refuse(cycle);
      // A timer is its actor's own: to anybody else its message is one like any other.
      else
        acceptNamed(target, { method: selector.name, args }, origin?.ticket ? undefined : origin);
    } else if (reply === undefined) {
      this.#passTell(to.with({ call, isPassedOn: true }).$, method, args);
    } else {
      const within = Math.max(0, reply.deadlineMs - this.#asks.now());
      const passed = to.with({ call, isPassedOn: true, within }).$;
      this.askBound(passed, method, args).then(
        (value) => reply.succeed(value),
        (error: unknown) => reply.refuse(Failure.of(error)),
      );
    }
  }

  /** What cannot travel is its sender's mistake, and no crash of who hands it on. */
  #passTell(to: RefHandle, method: MethodSpec, args: readonly unknown[]): void {
    try {
      this.tellBound(to, method, args);
    } catch (error) {
      throw reply(Failure.of(error, "invalid"));
    }
  }

  /** An ask for the promise made last. */
  #open(asked: {
    readonly method: MethodSpec;
    readonly options: RefOptions | undefined;
    readonly target: Sink | undefined;
    readonly to: Addressed;
  }): PendingAsk {
    const { method, options, target, to } = asked;
    const { kind, name } = method;
    // Whoever sends by a ref of his own is no handler of somebody else.
    const asker = options?.call ?? (options?.caller ? undefined : this.#focus.theCall());
    const within = options?.within ?? (kind.kind === "ask" ? kind.within : 0);
    const ask = this.#asks.open(
      {
        to,
        method: name,
        isReadonly: method.selectors.one.isReadonly,
        target,
        within,
        signal: options?.signal,
        asker,
        sender: asker === undefined ? this.#senderOf(options ?? none) : undefined,
        isPassedOn: options?.isPassedOn === true,
        trace: options?.trace ?? this.#trace(name, asker, options?.caller),
        chain: undefined,
      },
      this.#resolve,
      this.#reject,
    );
    if (ask.isOpen && target && asker?.isAwaiting) refuseCycle(asker, ask);
    return ask;
  }

  #targetOf(handle: RefHandle): Sink | "elsewhere" | undefined {
    if (handle.sink) return handle.sink;
    const { address } = handle;
    const { node } = this.#ports;
    const isHere =
      isSameNode(address.node, node) ||
      (address.node.incarnation === 0 && address.node.name === node.name);
    return isHere ? this.#ports.find(address) : "elsewhere";
  }

  #lose({ address, options }: RefHandle, { name }: MethodSpec, reason: FailureCode): void {
    const from = this.#senderOf(options);
    this.#ports.deadLetters.add({ reason, to: formatAddress(address), method: name, from });
  }

  /** Who sends on his own behalf, untraced, is all that the message bears. */
  #originOf(options: RefOptions, trace: TraceContext | undefined): Origin | undefined {
    const { call, caller, isPassedOn } = options;
    const isOwn = call === undefined && caller === undefined && isPassedOn !== true;
    if (isOwn && trace === undefined) return this.#focus.cell;
    return new Letter({ sender: this.#senderOf(options), trace });
  }

  #senderOf({ call, caller, isPassedOn }: RefOptions): AnyRef | undefined {
    if (isPassedOn) return (call ?? this.#focus).origin?.sender;
    return (call?.caller ?? caller)?.ref ?? this.#focus.cell?.sender;
  }

  #trace(
    method: string,
    call: Call | undefined,
    caller: Caller | undefined,
  ): TraceContext | undefined {
    const from = call ?? (caller === undefined ? this.#focus : undefined);
    // Whoever looks may not trace: then the trace goes through this node as it came.
    const trace = this.#observer?.sending(
      call?.caller ?? caller ?? this.#focus.cell,
      method,
      from?.token,
    );
    return trace ?? from?.origin?.trace;
  }

  #traced(method: string): Origin | undefined {
    const trace = this.#trace(method, undefined, undefined);
    const { cell } = this.#focus;
    return trace === undefined ? cell : new Letter({ sender: cell?.sender, trace });
  }
}

const ignore = (): void => {};
const none: RefOptions = {};

/** Resolves with what a reply is to be, or rejects when it cannot be that. */
const caring =
  (
    replyOf: (value: unknown) => unknown,
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ) =>
  (value: unknown): void => {
    let reply: unknown;
    try {
      reply = replyOf(value);
    } catch (error) {
      reject(Failure.of(error));
      return;
    }
    resolve(reply);
  };

/**
 * The message as the receiver's protocol has it. A path may lead to an actor that speaks another one
 * than the ref; undefined when that has no method of the name.
 */
function selectorAt(
  { protocol }: Sink,
  handle: RefHandle,
  method: MethodSpec,
  args: readonly unknown[],
): Selector | undefined {
  const known = protocol === handle.protocol ? method : protocol.methods.get(method.name);
  return known && formOf(known.selectors, args.length);
}

/** Whoever sends to a full mailbox has to be known: it pauses. */
function sendAs({ call, caller }: RefOptions, send: () => void): void {
  if (call?.isOpen) call.caller.perform(send);
  else if (caller) caller.perform(send);
  else send();
}

function deliver(ask: PendingAsk, target: Sink, selector: Selector, payload: unknown): void {
  try {
    target.accept(selector, payload, ask);
  } catch (error) {
    ask.refuse(Failure.of(error));
  }
}
