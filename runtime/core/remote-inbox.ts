// What other nodes say to this one: messages, watches, notices, answers. The far side of an ask that
// came in is a `Reply` like any other; the handler does not notice the difference.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import type { Envelope, Exit, Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Asks, PendingAsk } from "./asks.ts";
import type { BoundCounts } from "./bounds.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { IncomingAsks } from "./incoming-asks.ts";
import type { Origin } from "./origin.ts";
import { PeerProtocols } from "./peer-protocols.ts";
import type { Clock, Delivery, Log, TransportEvents } from "./ports.ts";
import { cycleOf, receiverOf } from "./receiver-check.ts";
import type { Sink } from "./ref.ts";
import type { Registry } from "./registry.ts";
import type { RemoteGates } from "./remote-gates.ts";
import { type MailboxesPorts, RemoteMailboxes } from "./remote-mailboxes.ts";
import { RemoteSenders } from "./remote-senders.ts";

export interface InboxPorts extends MailboxesPorts {
  readonly registry: Registry;
  readonly asks: Asks;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly bounds: BoundCounts;
  readonly log: Log;
  readonly gates: RemoteGates;
  /** What this node says of itself to others. */
  introduction(): Uint8Array;
  /** A ref to an actor of another node. */
  refAt(address: Address, protocolId: string): AnyRef;
  /** The actor of this node that is meant: by uid, or by path. */
  find(to: Target): LocalActor | undefined;
  /** Who takes a message from that node: that actor, or whoever stands for it. Once for each. */
  receiver(to: Target, from: NodeId): Sink | undefined;
  nodeUp(node: NodeId): void;
  nodeDown(node: NodeId): void;
  refused(by: NodeId, reason: string): void;
}

type EnvelopeOf<K extends Envelope["kind"]> = Extract<Envelope, { kind: K }>;

/** What is said to an actor, and follows it where it moves. */
export type Carried = EnvelopeOf<"tell" | "ask" | "watch" | "unwatch">;

export class RemoteInbox implements TransportEvents {
  readonly mailboxes: RemoteMailboxes;
  readonly #ports: InboxPorts;
  readonly #incoming: IncomingAsks;
  readonly #peers: PeerProtocols;
  readonly #senders: RemoteSenders;

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.#incoming = new IncomingAsks(ports.bounds);
    this.#peers = new PeerProtocols(ports.log);
    this.#senders = new RemoteSenders((address, protocolId) => ports.refAt(address, protocolId));
    this.mailboxes = new RemoteMailboxes(ports);
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
      case "unwatch":
        this.#watching(from, envelope, this.#ports.find(envelope.to));
        return;
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

  nodeDown(node: NodeId, lost: readonly Envelope[]): void {
    this.#ports.asks.nodeDown(node);
    for (const envelope of lost) this.#lost(node, envelope);
    this.#incoming.nodeDown(node);
    const exit: Exit = { kind: "node-down", node: node.name };
    for (const actor of [...this.#ports.registry.all]) {
      actor.household?.watchersIfAny?.dropNode(node);
      const refs = actor.household?.watchingIfAny?.takeNode(node) ?? [];
      for (const ref of refs) {
        if (!this.#ports.mover()?.livesOn(actor, ref)) actor.heardTerminated(ref, exit);
      }
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

  /**
   * For an actor that moves: it is known which one is meant. It comes from its origin over other nodes
   * perhaps, and takes no credit of a link.
   */
  deliverTo(actor: LocalActor, from: NodeId, envelope: Carried): void {
    if (envelope.kind === "tell") this.#told(from, envelope, undefined, actor);
    else if (envelope.kind === "ask") this.#asked(from, envelope, undefined, actor);
    else this.#watching(from, envelope, actor);
  }

  /** Where a message comes from that another node has carried here: its sender, and its open answer. */
  originOf(from: NodeId, envelope: Carried): Origin | undefined {
    if (envelope.kind === "ask") return this.#opened(from, envelope);
    if (envelope.kind === "tell") return this.#senders.letterOf(from, envelope.context);
    return undefined;
  }

  #told(
    from: NodeId,
    envelope: EnvelopeOf<"tell">,
    bytes: number | undefined,
    known?: LocalActor,
  ): Delivery {
    const meant = known ?? this.#ports.receiver(envelope.to, from);
    const receiver = receiverOf(meant, this.#peers, { from, envelope });
    const origin = this.#senders.letterOf(from, envelope.context);
    if (!(receiver instanceof Failure)) {
      return this.mailboxes.hand(receiver, { from, args: envelope.args, origin, bytes });
    }
    const to = `${envelope.to.path}#${envelope.to.uid}`;
    const { method } = envelope;
    this.#ports.deadLetters.add({ reason: receiver.code, to, method, from: origin?.sender });
    return "taken";
  }

  #asked(
    from: NodeId,
    envelope: EnvelopeOf<"ask">,
    bytes: number | undefined,
    known?: LocalActor,
  ): Delivery {
    const { args, context, correlation, to } = envelope;
    // Also of one that was withdrawn: a realm is told of each message that comes.
    const meant = known ?? this.#ports.receiver(to, from);
    if (this.#incoming.arrived(from, correlation) === "withdrawn") return "taken";
    const reply = this.#opened(from, envelope);
    const receiver = receiverOf(meant, this.#peers, { from, envelope });
    const refusal = receiver instanceof Failure ? receiver : cycleOf(receiver, context);
    if (refusal === undefined && !(receiver instanceof Failure)) {
      return this.mailboxes.hand(receiver, { from, args, origin: reply, bytes });
    }
    if (refusal) reply.refuse(refusal);
    return "taken";
  }

  /** The far side of an ask. */
  #opened(from: NodeId, envelope: EnvelopeOf<"ask">): PendingAsk {
    const { context, correlation, method, remainingMs, to } = envelope;
    const { asks, node, outbox } = this.#ports;
    const { sender, trace } = this.#senders.senderIn(from, context);
    const reply = asks.open(
      {
        to: { address: { node, ...to } },
        method,
        isReadonly: false,
        target: undefined,
        within: remainingMs,
        signal: undefined,
        asker: undefined,
        isPassedOn: false,
        sender,
        trace,
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
    if (reply.isOpen) this.#incoming.opened(from, correlation, reply);
    return reply;
  }

  #watching(
    from: NodeId,
    { kind, to: named, watcher: uid }: EnvelopeOf<"watch" | "unwatch">,
    actor: LocalActor | undefined,
  ): void {
    const watcher = { node: from, watcher: uid, named };
    if (kind === "unwatch") actor?.household?.watchersIfAny?.removeRemote(watcher);
    else if (actor) actor.ownHousehold.watchers.addRemote(watcher);
    else this.#ports.outbox.notify(watcher, { kind: "stopped" });
  }

  #terminated(from: NodeId, watcher: number, to: Target, exit: Exit): void {
    const actor = this.#ports.registry.find(watcher);
    const ref = actor?.household?.watchingIfAny?.take(from.name, to);
    if (actor && ref) actor.heardTerminated(ref, exit);
  }
}
