// Where messages of the engine and of other nodes turn off to the machines of moving, because the actor
// that they are for has to do with a move.
import { formatNode, isSameNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, actorIdOf } from "#protocols/cluster/migration.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";
import type { Carried } from "#runtime/core/remote-inbox.ts";
import type { Cargo } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { MovedWatches } from "./moved-watches.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Residents } from "./residents.ts";

export interface CrossingPorts {
  readonly node: NodeId;
  readonly neighbours: Neighbours;
  readonly residents: Residents;
  readonly watches: MovedWatches;
  desk(): MigrationDesk<CarriedMessage, Cargo>;
  send(aid: ActorId, message: CarriedMessage): void;
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
    this.#ports.send(aid, this.#own(envelope));
  }

  arrived(from: NodeId, envelope: Carried): boolean {
    const way = this.#ports.residents.wayTo(envelope.to);
    if (!way) return false;
    const untilMs = envelope.kind === "ask" ? this.#ports.now() + envelope.remainingMs : 0;
    const message = { kind: "envelope", from, envelope, untilMs } as const;
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

  /** Its node does not take it any more: perhaps it had moved before. */
  searched(to: NodeId, envelope: Carried): boolean {
    const isLife = to.incarnation !== 0 && envelope.to.uid !== 0;
    if (!isLife || isSameNode(to, this.#ports.node)) return false;
    if (!this.#ports.neighbours.isRemoved(formatNode(to))) return false;
    const aid = actorIdOf({ node: to, ...envelope.to });
    this.#ports.desk().strayed(aid);
    this.sent(to, envelope);
    return true;
  }

  #own(envelope: Carried): CarriedMessage {
    const untilMs = envelope.kind === "ask" ? this.#ports.now() + envelope.remainingMs : 0;
    return { kind: "envelope", from: this.#ports.node, envelope, untilMs };
  }
}
