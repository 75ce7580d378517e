// The mailboxes of this node's actors, as messages come to them that no handler of this node sends now:
// from other nodes, or by way of a move. Where one is full and its senders are to wait, the messages do
// too (`waiting-room.ts`), and the nodes that sent them are told.
import { type Address, isSameNode, type NodeId } from "#protocols/address.ts";
import { targetOf } from "#protocols/envelope.ts";
import { argumentsOf, formOf, payloadOf, type Selector } from "#protocols/selector.ts";
import type { LocalActor } from "./cell-host.ts";
import type { Gated } from "./gate.ts";
import type { Mover } from "./mover.ts";
import type { Origin } from "./origin.ts";
import type { Delivery } from "./ports.ts";
import type { Receiver } from "./receiver-check.ts";
import type { Sink } from "./ref.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";
import { type KeptMessage, WaitingRoom } from "./waiting-room.ts";

export interface MailboxesPorts {
  readonly node: NodeId;
  readonly outbox: RemoteOutbox;
  /** The actor's mailbox, when it is full and its senders are to wait. */
  fullGate(actor: Sink): Gated | undefined;
  /** To the transport: kept messages have found their actors. */
  released(from: NodeId, messages: number, bytes: number): void;
  mover(): Mover | undefined;
}

export class RemoteMailboxes {
  readonly #ports: MailboxesPorts;
  readonly #waiting: WaitingRoom;

  constructor(ports: MailboxesPorts) {
    this.#ports = ports;
    this.#waiting = new WaitingRoom({
      fullGate: (actor) => ports.fullGate(actor),
      pause: (from, actor) => this.#holderFor(from, actor)?.hold(from, actor.address),
      resume: (from, actor) => this.#holderFor(from, actor)?.goOn(from, actor.address),
      released: (from, messages, bytes) => ports.released(from, messages, bytes),
    });
  }

  /** Messages that wait for room in its mailbox. */
  keptFor(actor: Sink): number {
    return this.#waiting.countFor(actor);
  }

  isKeeping(actor: Sink): boolean {
    return this.#waiting.isKeeping(actor);
  }

  /** Into the mailbox, or behind what waits for room there. */
  hand(
    { actor, method }: Receiver,
    message: Pick<KeptMessage, "from" | "args" | "origin" | "bytes">,
  ): Delivery {
    const { args, bytes, from, origin } = message;
    const selector = formOf(method.selectors, args.length);
    if (this.#waiting.mustWait(actor)) {
      this.#waiting.keep(actor, { from, selector, args, origin, bytes });
      return "kept";
    }
    actor.accept(selector, payloadOf(args), origin);
    return "taken";
  }

  /** The same, of this node's own that came by way of a move. */
  handOwn(actor: LocalActor, selector: Selector, payload: unknown, origin?: Origin): void {
    if (!this.#waiting.mustWait(actor)) {
      actor.accept(selector, payload, origin);
      return;
    }
    const args = argumentsOf(selector, payload);
    this.#waiting.keep(actor, { from: this.#ports.node, selector, args, origin, bytes: undefined });
  }

  /** By links alone only an actor is known that was born here. */
  #holderFor(from: NodeId, { address }: Sink): Pick<Mover, "hold" | "goOn"> | undefined {
    const { mover, node, outbox } = this.#ports;
    const isOfLinks = isSameNode(address.node, node) && !isSameNode(from, node);
    if (!isOfLinks) return mover();
    return {
      hold: (to: NodeId, actor: Address) => outbox.hold(to, targetOf(actor)),
      goOn: (to: NodeId, actor: Address) => outbox.goOn(to, targetOf(actor)),
    };
  }
}
