// What other nodes say to this one: messages, watches, notices, answers. The far side of an ask that
// came in is a `Reply` like any other; the handler does not notice the difference.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import {
  type Envelope,
  type EnvelopeContext,
  type Exit,
  type Target,
  targetOf,
} from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import { formOf, payloadOf } from "#protocols/selector.ts";
import type { Asks } from "./asks.ts";
import type { BoundCounts } from "./bounds.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Gated } from "./gate.ts";
import { IncomingAsks } from "./incoming-asks.ts";
import { PeerProtocols } from "./peer-protocols.ts";
import type { Clock, Delivery, Log, TransportEvents } from "./ports.ts";
import type { Sink } from "./ref.ts";
import type { Registry } from "./registry.ts";
import type { RemoteGates } from "./remote-gates.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";
import { RemoteSenders } from "./remote-senders.ts";
import { askCycle } from "./system-failures.ts";
import { waitFor } from "./wait-graph.ts";
import { type KeptMessage, WaitingRoom } from "./waiting-room.ts";

export interface InboxPorts {
  readonly node: NodeId;
  readonly outbox: RemoteOutbox;
  readonly registry: Registry;
  readonly asks: Asks;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly bounds: BoundCounts;
  readonly log: Log;
  readonly gates: RemoteGates;
  /** The actor's mailbox, when it is full and its senders are to wait. */
  fullGate(actor: Sink): Gated | undefined;
  /** To the transport: kept messages have found their actors. */
  released(from: NodeId, messages: number, bytes: number): void;
  /** What this node says of itself to others. */
  introduction(): Uint8Array;
  /** A ref to an actor of another node. */
  refAt(address: Address, protocolId: string): AnyRef;
  /** The actor of this node that is meant: by uid, or by path. */
  find(to: Target): LocalActor | undefined;
  /** Who takes a message from that node: that actor, or whoever stands for it. */
  receiver(to: Target, from: NodeId): Sink | undefined;
  nodeUp(node: NodeId): void;
  nodeDown(node: NodeId): void;
  refused(by: NodeId, reason: string): void;
}

interface Receiver {
  readonly actor: Sink;
  readonly method: MethodSpec;
}

export class RemoteInbox implements TransportEvents {
  readonly #ports: InboxPorts;
  readonly #incoming: IncomingAsks;
  readonly #peers: PeerProtocols;
  readonly #senders: RemoteSenders;
  readonly #waiting: WaitingRoom;

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.#incoming = new IncomingAsks(ports.bounds);
    this.#peers = new PeerProtocols(ports.log);
    this.#senders = new RemoteSenders((address, protocolId) => ports.refAt(address, protocolId));
    const { outbox } = ports;
    this.#waiting = new WaitingRoom({
      fullGate: (actor) => ports.fullGate(actor),
      pause: (from, actor) => outbox.hold(from, targetOf(actor.address)),
      resume: (from, actor) => outbox.goOn(from, targetOf(actor.address)),
      released: (from, messages, bytes) => ports.released(from, messages, bytes),
    });
  }

  deliver(from: NodeId, envelope: Envelope, bytes: number): Delivery {
    if (envelope.kind === "tell") return this.#told(from, envelope, bytes);
    if (envelope.kind === "ask") return this.#asked(from, envelope, bytes);
    this.#heard(from, envelope);
    return "taken";
  }

  #heard(from: NodeId, envelope: Exclude<Envelope, { kind: "tell" | "ask" }>): void {
    switch (envelope.kind) {
      case "cancel":
        this.#incoming.cancelled(from, envelope.correlation);
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
      case "pause":
        this.#ports.gates.actorShut(from, envelope.to);
        return;
      case "resume":
        this.#ports.gates.actorOpened(from, envelope.to);
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

  congested(node: NodeId, isCongested: boolean): void {
    if (isCongested) this.#ports.gates.linkShut(node);
    else this.#ports.gates.linkOpened(node);
  }

  introduction(): Uint8Array {
    return this.#ports.introduction();
  }

  introduced(node: NodeId, introduction: Uint8Array): void {
    this.#peers.introduced(node, introduction);
  }

  /** Messages that wait for room in their actors' mailboxes. */
  get keptCount(): number {
    return this.#waiting.count;
  }

  nodeDown(node: NodeId, lost: readonly Envelope[]): void {
    this.#ports.asks.nodeDown(node);
    for (const envelope of lost) this.#lost(node, envelope);
    this.#incoming.nodeDown(node);
    const exit: Exit = { kind: "node-down", node: node.name };
    for (const actor of [...this.#ports.registry.all]) {
      actor.household?.watchersIfAny?.dropNode(node);
      const refs = actor.household?.watchingIfAny?.takeNode(node) ?? [];
      for (const ref of refs) actor.heardTerminated(ref, exit);
    }
    this.#ports.outbox.nodeDown(node);
    this.#ports.gates.nodeDown(node);
    this.#peers.nodeDown(node);
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

  #told(from: NodeId, envelope: Extract<Envelope, { kind: "tell" }>, bytes: number): Delivery {
    const receiver = this.#receiver(from, envelope);
    const origin = this.#senders.letterOf(from, envelope.context);
    if (!(receiver instanceof Failure)) {
      return this.#hand(receiver, { from, args: envelope.args, origin, bytes });
    }
    const to = `${envelope.to.path}#${envelope.to.uid}`;
    const { method } = envelope;
    this.#ports.deadLetters.add({ reason: receiver.code, to, method, from: origin?.sender });
    return "taken";
  }

  /** Into the mailbox, or behind what waits for room there. */
  #hand(
    { actor, method }: Receiver,
    message: Pick<KeptMessage, "from" | "args" | "origin" | "bytes">,
  ): Delivery {
    const { args, origin } = message;
    const selector = formOf(method.selectors, args.length);
    if (this.#waiting.mustWait(actor)) {
      this.#waiting.keep(actor, { ...message, selector });
      return "kept";
    }
    actor.accept(selector, payloadOf(args), origin);
    return "taken";
  }

  #asked(from: NodeId, envelope: Extract<Envelope, { kind: "ask" }>, bytes: number): Delivery {
    const { correlation, method, to, context } = envelope;
    const receiver = this.#receiver(from, envelope);
    if (this.#incoming.arrived(from, correlation) === "withdrawn") return "taken";
    const { outbox } = this.#ports;
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
        ...this.#senders.senderIn(from, context),
        chain: context?.chain ?? [],
      },
      (value) => {
        this.#incoming.closed(from, correlation);
        outbox.answer(from, correlation, value);
      },
      (failure) => {
        this.#incoming.closed(from, correlation);
        outbox.refuse(from, correlation, failure);
      },
    );
    if (receiver instanceof Failure) {
      reply.refuse(receiver);
      return "taken";
    }
    const cycle = this.#cycle(receiver, context);
    if (cycle) {
      reply.refuse(cycle);
      return "taken";
    }
    this.#incoming.opened(from, correlation, reply);
    return this.#hand(receiver, { from, args: envelope.args, origin: reply, bytes });
  }

  /** Who may have this message, or why nobody may. Trust ends at the wire. */
  #receiver(
    from: NodeId,
    envelope: { to: Target; method: string; args: readonly unknown[] },
  ): Receiver | Failure {
    const actor = this.#ports.receiver(envelope.to, from);
    if (!actor) {
      return new Failure("actor_stopped", `no actor lives at ${envelope.to.path} any more`);
    }
    const { protocol } = actor;
    const mismatch = this.#peers.refusal(from, protocol);
    if (mismatch) return mismatch;
    const method = protocol.methods.get(envelope.method);
    if (!method) {
      const text = `${protocol.id} at ${envelope.to.path} has no method ${envelope.method}`;
      return new Failure("unknown_message", text);
    }
    const problem = method.refuse(envelope.args);
    if (problem === undefined) return { actor, method };
    return new Failure("invalid", `${protocol.id} ${envelope.method}: ${problem}`);
  }

  #cycle({ actor, method }: Receiver, context: EnvelopeContext | undefined): Failure | undefined {
    if (!context?.chain.length) return undefined;
    const { chain } = context;
    const { isReadonly } = method.selectors.one;
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
