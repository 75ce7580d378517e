// Where the messages of this node's refs go: straight to an actor of this node, to whoever bears a
// path now, or over a link. Who sends is read off the focus.
//
// Hot: W1, W2, W4.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, isSameNode, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import { argumentsOf, formOf, payloadOf, type Selector } from "#protocols/selector.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Addressed } from "./ask-terms.ts";
import type { Asks, PendingAsk } from "./asks.ts";
import type { Call } from "./call.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Focus } from "./focus.ts";
import { acceptNamed } from "./named-message.ts";
import type { Observer } from "./observer.ts";
import { Letter, type Origin } from "./origin.ts";
import type { Post, RefHandle, RefOptions, Sink } from "./ref.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";
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
  find(address: Address): LocalActor | undefined;
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
  readonly #capture = (
    resolve: (value: unknown) => void,
    reject: (failure: Failure) => void,
  ): void => {
    this.#resolve = resolve;
    this.#reject = reject;
  };

  constructor(ports: PostPorts) {
    this.#ports = ports;
    this.#focus = ports.focus;
    this.#asks = ports.asks;
    this.#observer = ports.observer;
  }

  tell(target: Sink, selector: Selector, payload: unknown): void {
    const origin = this.#observer === undefined ? this.#focus.cell : this.#traced(selector.name);
    target.accept(selector, payload, origin);
  }

  ask(target: Sink, method: MethodSpec, selector: Selector, payload: unknown): Promise<unknown> {
    const answered = new Promise(this.#capture);
    const ask = this.#open({ method, options: undefined, target, to: target });
    if (ask.isOpen) deliver(ask, target, selector, payload);
    return answered;
  }

  tellBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): void {
    const { call } = handle.options;
    const target = this.#targetOf(handle);
    const trace = handle.options.trace ?? this.#trace(method.name, call);
    if (target === "elsewhere") {
      const sender = this.#senderOf(handle.options);
      this.#ports.outbox.tell(handle, method, args, { sender, trace });
    } else if (target) {
      const selector = selectorAt(target, handle, method, args);
      if (selector === undefined) {
        const to = formatAddress(handle.address);
        this.#ports.deadLetters.add({ reason: "unknown_message", to, method: method.name });
        return;
      }
      const sender = this.#senderOf(handle.options);
      const letter = new Letter({ sender, trace });
      sendAs(call, () => target.accept(selector, payloadOf(args), letter));
    } else {
      const to = formatAddress(handle.address);
      this.#ports.deadLetters.add({ reason: "actor_stopped", to, method: method.name });
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
      if (selector) sendAs(options.call, () => deliver(ask, target, selector, payloadOf(args)));
      else ask.refuse(unknownMessage(target.protocol.id, method.name));
    }
    return answered;
  }

  room(handle: RefHandle, signal: AbortSignal | undefined): Promise<void> {
    const target = this.#targetOf(handle);
    if (target === "elsewhere") return Promise.resolve();
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
      this.tellBound(to.with({ call, isPassedOn: true }).$, method, args);
    } else {
      const within = Math.max(0, reply.deadlineMs - this.#asks.now());
      const passed = to.with({ call, isPassedOn: true, within }).$;
      this.askBound(passed, method, args).then(
        (value) => reply.succeed(value),
        (error: unknown) => reply.refuse(Failure.of(error)),
      );
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
    const asker = options?.call ?? this.#focus.theCall();
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
        sender: asker === undefined ? this.#focus.cell?.sender : undefined,
        isPassedOn: options?.isPassedOn === true,
        trace: options?.trace ?? this.#trace(name, asker),
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

  #senderOf({ call, isPassedOn }: RefOptions): AnyRef | undefined {
    return isPassedOn ? call?.origin?.sender : (call?.caller.ref ?? this.#focus.cell?.sender);
  }

  #trace(method: string, call: Call | undefined): TraceContext | undefined {
    // Whoever looks may not trace: then the trace goes through this node as it came.
    if (this.#observer === undefined) return call?.origin?.trace;
    const { cell, origin, token } = call ? fromCall(call) : this.#focus;
    return this.#observer.sending(cell, method, token) ?? origin?.trace;
  }

  #traced(method: string): Origin | undefined {
    const trace = this.#trace(method, undefined);
    const { cell } = this.#focus;
    return trace === undefined ? cell : new Letter({ sender: cell?.sender, trace });
  }
}

const ignore = (): void => {};

/**
 * The message as the receiver's protocol has it. A path may lead to an actor that speaks another one
 * than the ref; undefined when that has no method of the name.
 */
function selectorAt(
  { protocol }: Sink,
  { protocolId }: RefHandle,
  method: MethodSpec,
  args: readonly unknown[],
): Selector | undefined {
  const known = protocol.id === protocolId ? method : protocol.methods.get(method.name);
  return known && formOf(known.selectors, args.length);
}

/** Whoever sends to a full mailbox has to be known: it pauses. */
const sendAs = (call: Call | undefined, send: () => void): void =>
  call?.isOpen ? call.caller.perform(send) : send();

const fromCall = ({ caller: cell, origin, token }: Call) => ({ cell, origin, token });

function deliver(ask: PendingAsk, target: Sink, selector: Selector, payload: unknown): void {
  try {
    target.accept(selector, payload, ask);
  } catch (error) {
    ask.refuse(Failure.of(error));
  }
}
