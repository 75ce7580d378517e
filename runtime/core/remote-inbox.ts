// What other nodes say to this one: messages, watches, notices, answers. The far side of an ask that
// came in is a `Reply` like any other; the handler does not notice the difference.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, formatNode, type NodeId } from "#protocols/address.ts";
import { nobody } from "#protocols/context-layout.ts";
import type { Envelope, EnvelopeContext, Exit, Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { parseTraceparent } from "#protocols/trace-context.ts";
import type { Asks, PendingAsk } from "./asks.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { acceptNamed } from "./named-message.ts";
import { Letter } from "./origin.ts";
import type { Clock, TransportEvents } from "./ports.ts";
import type { Registry } from "./registry.ts";
import type { RemoteOutbox, SentBy } from "./remote-outbox.ts";
import { askCycle } from "./system-failures.ts";
import { waitFor } from "./wait-graph.ts";

export interface InboxPorts {
  readonly node: NodeId;
  readonly outbox: RemoteOutbox;
  readonly registry: Registry;
  readonly asks: Asks;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  /** A ref to an actor of another node. */
  refAt(address: Address, protocolId: string): AnyRef;
  /** The actor of this node that is meant: by uid, or by path. */
  find(to: Target): LocalActor | undefined;
  nodeUp(node: NodeId): void;
  nodeDown(node: NodeId): void;
  refused(by: NodeId, reason: string): void;
}

export class RemoteInbox implements TransportEvents {
  readonly #ports: InboxPorts;
  /** Asks that came in and are not answered, by asking node and its number. */
  readonly #incoming = new Map<string, Map<number, PendingAsk>>();

  constructor(ports: InboxPorts) {
    this.#ports = ports;
  }

  deliver(from: NodeId, envelope: Envelope): void {
    switch (envelope.kind) {
      case "tell":
        this.#told(from, envelope);
        return;
      case "ask":
        this.#asked(from, envelope);
        return;
      case "cancel":
        this.#cancelled(from, envelope.correlation);
        return;
      case "reply":
        this.#ports.asks.take(envelope.correlation)?.succeed(envelope.value);
        return;
      case "refusal": {
        const { code, detail } = envelope.failure;
        this.#ports.asks.take(envelope.correlation)?.refuse(new Failure(code, detail));
        return;
      }
      case "watch":
        this.#watched(from, envelope.to, envelope.watcher);
        return;
      case "unwatch": {
        const watcher = { node: from, watcher: envelope.watcher, named: envelope.to };
        this.#ports.find(envelope.to)?.household?.watchersIfAny?.removeRemote(watcher);
        return;
      }
      case "terminated":
        this.#terminated(from, envelope.watcher, envelope.to, envelope.exit);
        return;
      default:
        envelope satisfies never;
    }
  }

  nodeUp(node: NodeId): void {
    this.#ports.nodeUp(node);
  }

  refused(by: NodeId, reason: string): void {
    this.#ports.refused(by, reason);
  }

  nodeDown(node: NodeId, lost: readonly Envelope[]): void {
    const names = [formatNode(node), node.name];
    this.#ports.asks.nodeDown((name) => names.includes(name));
    for (const envelope of lost) this.#lost(node, envelope);
    this.#withdrawAsksOf(node);
    const exit: Exit = { kind: "node-down", node: node.name };
    for (const actor of [...this.#ports.registry.all]) {
      actor.household?.watchersIfAny?.dropNode(node);
      const refs = actor.household?.watchingIfAny?.takeNode(node) ?? [];
      for (const ref of refs) actor.heardTerminated(ref, exit);
    }
    this.#ports.outbox.nodeDown(node);
    this.#ports.nodeDown(node);
  }

  #lost(node: NodeId, envelope: Envelope): void {
    if (envelope.kind === "ask") {
      const text = `node ${node.name} went down before it answered ${envelope.method}`;
      this.#ports.asks.take(envelope.correlation)?.refuse(new Failure("node_down", text));
    } else if (envelope.kind === "tell") {
      const to = formatAddress({ node, ...envelope.to });
      this.#ports.deadLetters.add({ reason: "node_down", to, method: envelope.method });
    }
  }

  #told(from: NodeId, envelope: Extract<Envelope, { kind: "tell" }>): void {
    const { actor, refusal } = this.#receiver(envelope);
    if (actor) {
      const { sender, trace } = this.#senderIn(from, envelope.context);
      const origin = sender || trace ? new Letter({ sender, trace }) : undefined;
      acceptNamed(actor, envelope, origin);
      return;
    }
    const to = `${envelope.to.path}#${envelope.to.uid}`;
    this.#ports.deadLetters.add({ reason: refusal.code, to, method: envelope.method });
  }

  #asked(from: NodeId, envelope: Extract<Envelope, { kind: "ask" }>): void {
    const { correlation } = envelope;
    const { outbox } = this.#ports;
    const open = this.#openFor(from);
    const { method, to, context } = envelope;
    const reply = this.#ports.asks.open(
      {
        to: { address: { node: this.#ports.node, ...to } },
        method,
        isReadonly: false,
        target: undefined,
        within: envelope.remainingMs,
        signal: undefined,
        asker: undefined,
        isPassedOn: false,
        ...this.#senderIn(from, context),
        chain: context?.chain ?? [],
      },
      (value) => {
        open.delete(correlation);
        outbox.answer(from, correlation, value);
      },
      (failure) => {
        open.delete(correlation);
        outbox.refuse(from, correlation, failure);
      },
    );
    const { actor, refusal } = this.#receiver(envelope);
    if (!actor) {
      reply.refuse(refusal);
      return;
    }
    const cycle = this.#cycle(actor, method, context);
    if (cycle) {
      reply.refuse(cycle);
      return;
    }
    open.set(correlation, reply);
    acceptNamed(actor, envelope, reply);
  }

  #cancelled(from: NodeId, correlation: number): void {
    const reply = this.#incoming.get(formatNode(from))?.get(correlation);
    reply?.giveUp(new Failure("cancelled", "the asking node withdrew its request"));
  }

  #withdrawAsksOf(node: NodeId): void {
    const open = this.#incoming.get(formatNode(node));
    this.#incoming.delete(formatNode(node));
    for (const reply of [...(open?.values() ?? [])]) {
      reply.giveUp(new Failure("cancelled", "the asking node is gone"));
    }
  }

  #openFor(node: NodeId): Map<number, PendingAsk> {
    const key = formatNode(node);
    const open = this.#incoming.get(key) ?? new Map<number, PendingAsk>();
    this.#incoming.set(key, open);
    return open;
  }

  /** The actor that may have this message, or why nobody may. Trust ends at the wire. */
  #receiver(envelope: {
    to: Target;
    method: string;
    args: readonly unknown[];
  }):
    | { readonly actor: LocalActor; readonly refusal?: undefined }
    | { readonly actor?: undefined; readonly refusal: Failure } {
    const actor = this.#ports.find(envelope.to);
    if (!actor) return refused("actor_stopped", `no actor lives at ${envelope.to.path} any more`);
    const method = actor.protocol.methods.get(envelope.method);
    if (!method) {
      return refused(
        "unknown_message",
        `${actor.protocol.id} at ${envelope.to.path} has no method ${envelope.method}`,
      );
    }
    const problem = method.refuse(envelope.args);
    if (problem === undefined) return { actor };
    return refused("invalid", `${actor.protocol.id} ${envelope.method}: ${problem}`);
  }

  #senderIn(from: NodeId, context: EnvelopeContext | undefined): SentBy {
    if (!context) return { sender: undefined, trace: undefined };
    const { node = from, path, uid, protocolId } = context.sender;
    const sender =
      protocolId === nobody.protocolId
        ? undefined
        : this.#ports.refAt({ node, path, uid }, protocolId);
    return { sender, trace: parseTraceparent(context.trace) };
  }

  #cycle(
    actor: LocalActor,
    method: string,
    context: EnvelopeContext | undefined,
  ): Failure | undefined {
    if (!context?.chain.length) return undefined;
    const { chain } = context;
    const isReadonly = actor.protocol.methods.get(method)?.selectors.one.isReadonly === true;
    const path = waitFor(actor, isReadonly, (call) => chain.includes(call.key));
    return path && askCycle(path);
  }

  #watched(from: NodeId, to: Target, watcher: number): void {
    const remoteWatcher = { node: from, watcher, named: to };
    const actor = this.#ports.find(to);
    if (actor) actor.ownHousehold.watchers.addRemote(remoteWatcher);
    else this.#ports.outbox.notify(remoteWatcher, { kind: "stopped" });
  }

  #terminated(from: NodeId, watcher: number, to: Target, exit: Exit): void {
    const actor = this.#ports.registry.find(watcher);
    const ref = actor?.household?.watchingIfAny?.take(from.name, to);
    if (actor && ref) actor.heardTerminated(ref, exit);
  }
}

const refused = (code: FailureCode, detail: string): { readonly refusal: Failure } => ({
  refusal: new Failure(code, detail),
});
