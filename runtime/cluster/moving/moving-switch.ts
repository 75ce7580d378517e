// The transport of a system whose actors may move. What is for an actor that has to do with a move goes
// through the machines of moving; all else passes by at the price of a look into a map, mostly an empty one.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { movingPath } from "#protocols/lanes.ts";
import type { BoundState } from "#runtime/core/bounds.ts";
import type { Delivery, SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";
import type { Carried } from "#runtime/core/remote-inbox.ts";
import { isCarried } from "./carried-message.ts";
import type { SendRefusal } from "./crossings.ts";

type Tell = Extract<Envelope, { kind: "tell" }>;

export interface SwitchPorts {
  bounds(): readonly BoundState[];
  /** Whether an actor of that uid, of whichever node, has to do with a move. */
  concerns(uid: number): boolean;
  /** Whether any path of this node may lead elsewhere. */
  hasWays(): boolean;
  /** A message of this node for an actor that does. */
  send(to: NodeId, envelope: Carried): void;
  /** True: it is for an actor that was born here and is away, or may have been. */
  arrived(from: NodeId, envelope: Carried): boolean;
  /** True: it is for a watcher that has left. */
  ended(from: NodeId, envelope: Extract<Envelope, { kind: "terminated" }>): boolean;
  /** True: the actor may live on, though its node is gone. */
  searched(to: NodeId, envelope: Carried, why: SendRefusal): boolean;
  said(from: NodeId, tell: Tell): void;
  nodeUp(node: NodeId): void;
  /** Comes before the engine hears of it; `lost` are words about moving actors. */
  nodeDown(node: NodeId, lost: readonly Envelope[]): void;
}

export class MovingSwitch implements Transport {
  readonly #node: NodeId;
  readonly #outer: Transport;
  readonly #ports: SwitchPorts;
  #events: TransportEvents | undefined;
  /** Links that are not open, or not any more, say of every node that it is gone. */
  #isOpen = false;

  constructor(node: NodeId, outer: Transport, ports: SwitchPorts) {
    this.#node = node;
    this.#outer = outer;
    this.#ports = ports;
  }

  get bounds(): readonly BoundState[] {
    return [...this.#ports.bounds(), ...(this.#outer.bounds ?? [])];
  }

  /** Hot: W5. */
  send(to: NodeId, envelope: Envelope): SendOutcome {
    if (isCarried(envelope) && this.#ports.concerns(envelope.to.uid)) {
      this.#ports.send(to, envelope);
      return "accepted";
    }
    const outcome = this.#outer.send(to, envelope);
    if (outcome === "accepted" || outcome === "link_full") return outcome;
    return this.#unreached(to, envelope, outcome) ? "accepted" : outcome;
  }

  /** Past the machines of moving: theirs. */
  sendOut(to: NodeId, envelope: Envelope): SendOutcome {
    return this.#outer.send(to, envelope);
  }

  /** To this node's engine, as if that node had sent it. */
  deliver(from: NodeId, envelope: Envelope): void {
    this.#events?.deliver(from, envelope, 0);
  }

  released(from: NodeId, messages: number, bytes: number): void {
    this.#outer.released(from, messages, bytes);
  }

  async start(events: TransportEvents): Promise<void> {
    this.#events = events;
    await this.#outer.start({
      deliver: (from, envelope, bytes) => this.#arrived(events, from, { envelope, bytes }),
      congested: (node, isCongested) => events.congested(node, isCongested),
      introduction: () => events.introduction(),
      introduced: (node, introduction) => events.introduced(node, introduction),
      nodeDown: (node, lost) => {
        this.#ports.nodeDown(node, lost.filter(isOurs));
        events.nodeDown(
          node,
          lost.filter((envelope) => !isOurs(envelope)),
        );
      },
      nodeUp: (node) => {
        this.#ports.nodeUp(node);
        events.nodeUp(node);
      },
      refused: (by, reason) => events.refused(by, reason),
    });
    this.#isOpen = true;
  }

  stop(deadlineMs: number): Promise<void> {
    this.#isOpen = false;
    return this.#outer.stop(deadlineMs);
  }

  /** Hot: W5. */
  #arrived(
    events: TransportEvents,
    from: NodeId,
    { bytes, envelope }: { readonly bytes: number; readonly envelope: Envelope },
  ): Delivery {
    if (isCarried(envelope)) {
      if (envelope.to.path === movingPath && envelope.kind === "tell") {
        this.#ports.said(from, envelope);
        return "taken";
      }
      const { uid } = envelope.to;
      const isOfMoved = uid === 0 ? this.#ports.hasWays() : this.#ports.concerns(uid);
      if (isOfMoved && this.#ports.arrived(from, envelope)) return "taken";
    } else if (envelope.kind === "terminated" && this.#ports.ended(from, envelope)) return "taken";
    return events.deliver(from, envelope, bytes);
  }

  #unreached(to: NodeId, envelope: Envelope, why: SendRefusal): boolean {
    if (!isCarried(envelope)) {
      const isSelf =
        to.name === this.#node.name && (to.incarnation === 0 || isSameNode(to, this.#node));
      if (isSelf) this.deliver(this.#node, envelope);
      return isSelf;
    }
    return this.#isOpen && this.#ports.searched(to, envelope, why);
  }
}

const isOurs = (envelope: Envelope): boolean =>
  envelope.kind === "tell" && envelope.to.path === movingPath;
