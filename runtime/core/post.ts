// Where the messages of this node's refs go: straight to an actor of this node, to whoever bears a
// path now, or over a link. Who sends is read off the focus.
//
// Hot: W1, W2, W4.
import { type Address, formatAddress, isSameNode, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import { argumentsOf, formOf, payloadOf, type Selector } from "#protocols/selector.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
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
import { askCycle, noActor } from "./system-failures.ts";

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
    return this.#ask(target, { method, selector, payload, options: undefined });
  }

  tellBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): void {
    const { call } = handle.options;
    const target = this.#targetOf(handle);
    const trace = this.#trace(method.name, call);
    if (target === "elsewhere") {
      this.#ports.outbox.tell(handle, method, args, { sender: this.#senderOf(call), trace });
    } else if (target) {
      const selector = formOf(method.selectors, args.length);
      const sender = this.#senderOf(call);
      target.accept(selector, payloadOf(args), new Letter({ sender, trace }));
    } else {
      const to = formatAddress(handle.address);
      this.#ports.deadLetters.add({ reason: "actor_stopped", to, method: method.name });
    }
  }

  askBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): Promise<unknown> {
    const { options } = handle;
    const target = this.#targetOf(handle);
    const selector = formOf(method.selectors, args.length);
    if (target !== "elsewhere" && target) {
      return this.#ask(target, { method, selector, payload: payloadOf(args), options });
    }
    const about = (): string => `${formatAddress(handle.address)} ${method.name}`;
    return this.#open({ method, options, target: undefined, about }, (ask) => {
      if (target === "elsewhere") this.#ports.outbox.ask(handle, method, args, ask);
      else ask.refuse(noActor(handle.address));
    });
  }

  room(handle: RefHandle, signal: AbortSignal | undefined): Promise<void> {
    const target = this.#targetOf(handle);
    if (target === "elsewhere") return Promise.resolve();
    if (target) return this.#ports.room(target, signal);
    return Promise.reject(noActor(handle.address));
  }

  /** Hands a message with its open reply on to another actor. */
  pass(to: RefHandle, { selector, payload, origin }: Call): void {
    const args = argumentsOf(selector, payload);
    const method = to.protocol.methods.get(selector.name);
    if (!method) {
      const text = `${to.toString()} speaks ${to.protocolId}, which has no ${selector.name}`;
      throw new Failure("unknown_message", text);
    }
    const target = this.#targetOf(to);
    const reply = origin?.reply;
    if (target !== "elsewhere") {
      if (target) acceptNamed(target, { method: selector.name, args }, origin);
      else if (reply) reply.refuse(noActor(to.address));
      else this.tellBound(to, method, args);
    } else if (reply) {
      const within = Math.max(0, reply.deadlineMs - this.#asks.now());
      const passed = to.with({ within }).$;
      this.askBound(passed, method, args).then(
        (value) => reply.succeed(value),
        (error: unknown) => reply.refuse(Failure.of(error)),
      );
    } else {
      this.tellBound(to, method, args);
    }
  }

  #ask(
    target: Sink,
    message: {
      readonly method: MethodSpec;
      readonly selector: Selector;
      readonly payload: unknown;
      readonly options: RefOptions | undefined;
    },
  ): Promise<unknown> {
    const { method, selector, payload, options } = message;
    const about = (): string => `${formatAddress(target.address)} ${method.name}`;
    return this.#open({ method, options, target, about }, (ask) =>
      target.accept(selector, payload, ask),
    );
  }

  #open(
    asked: {
      readonly method: MethodSpec;
      readonly options: RefOptions | undefined;
      readonly target: Sink | undefined;
      readonly about: () => string;
    },
    send: (ask: PendingAsk) => void,
  ): Promise<unknown> {
    const { method, options, target, about } = asked;
    const asker = options?.call ?? this.#focus.theCall();
    if (target !== undefined && asker?.wouldWaitFor(target, method.selectors.one)) {
      return Promise.reject(askCycle(about(), asker));
    }
    const within = method.kind.kind === "ask" ? method.kind.within : 0;
    const trace = this.#observer === undefined ? undefined : this.#trace(method.name, asker);
    return this.#asks.open({ within, options, asker, trace, target, about }, send);
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

  #senderOf(call: Call | undefined) {
    return call?.caller.ref ?? this.#focus.cell?.sender;
  }

  #trace(method: string, call: Call | undefined): TraceContext | undefined {
    if (this.#observer === undefined) return undefined;
    const token = call ? call.token : this.#focus.token;
    return this.#observer.sending(call?.caller ?? this.#focus.cell, method, token);
  }

  #traced(method: string): Origin | undefined {
    const trace = this.#trace(method, undefined);
    const { cell } = this.#focus;
    return trace === undefined ? cell : new Letter({ sender: cell?.sender, trace });
  }
}
