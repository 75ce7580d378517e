// What other nodes say to this one: messages, watches, notices, answers. The far side of an ask that
// came in is a `Reply` like any other; the handler does not notice the difference.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import { type Envelope, type Exit, type Target, targetOf } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { formOf, payloadOf } from "#protocols/selector.ts";
import type { Asks, PendingAsk } from "./asks.ts";
import type { BoundCounts } from "./bounds.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Gated } from "./gate.ts";
import { IncomingAsks } from "./incoming-asks.ts";
import type { Origin } from "./origin.ts";
import { PeerProtocols } from "./peer-protocols.ts";
import type { Clock, Delivery, Log, TransportEvents } from "./ports.ts";
import { cycleOf, type Receiver, receiverOf } from "./receiver-check.ts";
import type { Sink } from "./ref.ts";
import type { Registry } from "./registry.ts";
import type { RemoteGates } from "./remote-gates.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";
import { RemoteSenders } from "./remote-senders.ts";
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
  /** The watched actor may have moved away from the node that is gone. */
  livesOn(watcher: LocalActor, ref: AnyRef): boolean;
  nodeUp(node: NodeId): void;
  nodeDown(node: NodeId): void;
  refused(by: NodeId, reason: string): void;
}

type EnvelopeOf<K extends Envelope["kind"]> = Extract<Envelope, { kind: K }>;

/** What is said to an actor, and follows it where it moves. */
export type Carried = EnvelopeOf<"tell" | "ask" | "watch" | "unwatch">;

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
      for (const ref of refs) {
        if (!this.#ports.livesOn(actor, ref)) actor.heardTerminated(ref, exit);
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
    if (envelope.kind === "tell") this.#told(from, envelope, 0, actor);
    else if (envelope.kind === "ask") this.#asked(from, envelope, 0, actor);
    else this.#watching(from, envelope, actor);
  }

  /** Where a message comes from that another node has carried here: its sender, and its open answer. */
  originOf(from: NodeId, envelope: Carried): Origin | undefined {
    if (envelope.kind === "ask") return this.#opened(from, envelope);
    if (envelope.kind === "tell") return this.#senders.letterOf(from, envelope.context);
    return undefined;
  }

  /** Messages of other nodes wait for room in its mailbox. */
  isKeeping(actor: LocalActor): boolean {
    return this.#waiting.isKeeping(actor);
  }

  #told(from: NodeId, envelope: EnvelopeOf<"tell">, bytes: number, known?: LocalActor): Delivery {
    const meant = known ?? this.#ports.receiver(envelope.to, from);
    const receiver = receiverOf(meant, this.#peers, { from, envelope });
    const origin = this.#senders.letterOf(from, envelope.context);
    if (!(receiver instanceof Failure)) {
      return this.#hand(receiver, { from, args: envelope.args, origin, bytes }, known);
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
    known: LocalActor | undefined,
  ): Delivery {
    const { args, origin } = message;
    const selector = formOf(method.selectors, args.length);
    if (known === undefined && this.#waiting.mustWait(actor)) {
      this.#waiting.keep(actor, { ...message, selector });
      return "kept";
    }
    actor.accept(selector, payloadOf(args), origin);
    return "taken";
  }

  #asked(from: NodeId, envelope: EnvelopeOf<"ask">, bytes: number, known?: LocalActor): Delivery {
    const { args, context, correlation, to } = envelope;
    if (this.#incoming.arrived(from, correlation) === "withdrawn") return "taken";
    const reply = this.#opened(from, envelope);
    const meant = known ?? this.#ports.receiver(to, from);
    const receiver = receiverOf(meant, this.#peers, { from, envelope });
    const refusal = receiver instanceof Failure ? receiver : cycleOf(receiver, context);
    if (refusal === undefined && !(receiver instanceof Failure)) {
      return this.#hand(receiver, { from, args, origin: reply, bytes }, known);
    }
    if (refusal) reply.refuse(refusal);
    return "taken";
  }

  /** The far side of an ask. */
  #opened(from: NodeId, envelope: EnvelopeOf<"ask">): PendingAsk {
    const { context, correlation, method, remainingMs, to } = envelope;
    const { asks, node, outbox } = this.#ports;
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
