// Where messages of the engine and of other nodes turn off to the machines of moving, because the actor
// that they are for has to do with a move.
import { formatNode, isSameNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, actorIdOf, type NodeKey } from "#protocols/cluster/migration.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import type { Carried } from "#runtime/core/remote-inbox.ts";
import type { Cargo } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { MovedWatches } from "./moved-watches.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Residents } from "./residents.ts";

export type SendRefusal = Exclude<SendOutcome, "accepted">;

export interface CrossingPorts {
  readonly node: NodeId;
  readonly neighbours: Neighbours;
  readonly residents: Residents;
  readonly watches: MovedWatches;
  desk(): MigrationDesk<CarriedMessage, Cargo>;
  send(aid: ActorId, message: CarriedMessage): void;
  /** That life is over for good. */
  removed(node: NodeKey): void;
  now(): number;
}

export class Crossings {
  readonly #ports: CrossingPorts;

  constructor(ports: CrossingPorts) {
    this.#ports = ports;
  }

  sent(to: NodeId, envelope: Carried): void {
    const aid = actorIdOf({ node: to, ...envelope.to });
    if (envelope.kind === "watch") this.#ports.watches.expect(aid);
    this.#ports.send(aid, this.#carried(this.#ports.node, envelope));
  }

  /** By path it follows the way of this node's own messages: only this node knows who is meant. */
  arrived(from: NodeId, envelope: Carried): boolean {
    const way = this.#ports.residents.wayTo(envelope.to);
    if (!way) return false;
    if (envelope.to.uid === 0) {
      this.#ports.send(way.aid, this.#carried(from, envelope));
      return true;
    }
    const message = this.#carried(from, envelope);
    const header = { aid: way.aid, origin: formatNode(from), epoch: 0, version: 0, start: false };
    const item = { ...header, body: { kind: "message", message } } as const;
    this.#ports.desk().received(formatNode(from), { kind: "item", item });
    return true;
  }

  /** The end of somebody whom an actor watched that has left meanwhile. */
  endedElsewhere(
    born: NodeId,
    { exit, to, watcher }: Extract<Envelope, { kind: "terminated" }>,
  ): boolean {
    const aid = this.#ports.residents.leftAs(watcher);
    if (aid === undefined) return false;
    this.#ports.send(aid, { kind: "ended", born, to, exit });
    return true;
  }

  /**
   * Its node does not take it any more: perhaps it had moved before, or is meant by a path of here. That
   * life may have been over before this node came up, which then has never heard of its end.
   */
  searched(to: NodeId, envelope: Carried, why: SendRefusal): boolean {
    const { neighbours, node } = this.#ports;
    const isOwnName = to.name === node.name;
    if (isOwnName && envelope.to.uid === 0) return this.arrived(node, envelope);
    const isLife = to.incarnation !== 0 && envelope.to.uid !== 0;
    if (!isLife || isSameNode(to, node)) return false;
    const isFormer = isOwnName && to.incarnation < node.incarnation;
    const key = formatNode(to);
    if (!neighbours.isRemoved(key)) {
      if (why !== "node_down" && !isFormer) return false;
      this.#ports.removed(key);
    }
    const aid = actorIdOf({ node: to, ...envelope.to });
    this.#ports.desk().strayed(aid);
    this.sent(to, envelope);
    return true;
  }

  #carried(from: NodeId, envelope: Carried): CarriedMessage {
    const untilMs = envelope.kind === "ask" ? this.#ports.now() + envelope.remainingMs : 0;
    return { kind: "envelope", from, envelope, untilMs };
  }
}
