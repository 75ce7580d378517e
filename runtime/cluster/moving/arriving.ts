// The target's side of a move, in the engine: an actor is made of its luggage, under the root of this
// node, and is called by the name that it had, if that is free. Its address stays the one it was born with.
import { formatNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, migrationLimits } from "#protocols/cluster/migration.ts";
import { Failure } from "#protocols/failure.ts";
import type { Newcomer } from "#runtime/cluster/migration/migration-port.ts";
import { type NotMigratable, notMigratable } from "#runtime/cluster/migration/not-migratable.ts";
import type { ActorKinds } from "#runtime/cluster/remote/actor-kinds.ts";
import { Cell } from "#runtime/core/cell.ts";
import { type Luggage, unpack, type WaitingMessage } from "#runtime/core/luggage.ts";
import type { Inside } from "#runtime/core/mover-inside.ts";
import { type Cargo, type PackedMessage, unpackedLuggage, type Who } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { Residents } from "./residents.ts";

export interface ArrivingPorts {
  readonly node: NodeId;
  readonly inside: Inside;
  readonly kinds: ActorKinds;
  readonly residents: Residents;
  /** Somebody of this node or another wants it to move on. */
  moveOn(aid: ActorId, message: Extract<CarriedMessage, { kind: "move" }>): void;
  /** Somebody of this node or another wants it to end. */
  endOn(aid: ActorId, message: Extract<CarriedMessage, { kind: "end" }>): void;
  came(cell: Cell, names: Who["names"], luggage: Luggage): void;
  /** There is nobody whom it could be delivered to, or more wait for room in its mailbox than may. */
  lost(aid: ActorId, message: CarriedMessage, reason: "actor_stopped" | "mailbox_full"): void;
  /** It came while this node takes nobody in any more. */
  stillborn(aid: ActorId, who: Pick<Who, "address" | "names">, luggage: Luggage): void;
}

export class Arriving {
  readonly #ports: ArrivingPorts;

  constructor(ports: ArrivingPorts) {
    this.#ports = ports;
  }

  refusalOf(cargo: Cargo): NotMigratable | undefined {
    if (cargo.kind !== "read") return undefined;
    const { className, protocolId } = cargo.who;
    const { inside, kinds, node } = this.#ports;
    const type = kinds.find(className);
    const here = formatNode(node);
    if (!type)
      return notMigratable("target_refused", `${here} has no class ${className} among its actors`);
    if (type.protocol.id !== protocolId) {
      return notMigratable(
        "protocol_unknown",
        `${here} has ${className} speak ${type.protocol.id}`,
      );
    }
    const isOpen = inside.root.state === "running" || inside.root.state === "born";
    return isOpen ? undefined : notMigratable("target_refused", `${here} is ending`);
  }

  install({ aid, cargo, postFreeze }: Newcomer<CarriedMessage, Cargo>): void {
    if (cargo.kind !== "read") throw new Failure("internal", "a copy of this node's own came back");
    const type = this.#ports.kinds.find(cargo.who.className);
    if (!type)
      throw new Failure("internal", `${cargo.who.className} was known when it was asked for`);
    const luggage = unpackedLuggage(type, cargo.luggage, (message) => this.#ownOf(message));
    this.settle(aid, cargo.who, luggage);
    for (const message of postFreeze) this.deliver(aid, message);
  }

  /** Makes it of its luggage; also of one that was about to leave. */
  settle(aid: ActorId, who: Pick<Who, "address" | "names">, luggage: Luggage): void {
    const { inside, residents } = this.#ports;
    const { host, root } = inside;
    const { family } = root.ownHousehold;
    if (!family.isOpen) {
      this.#ports.stillborn(aid, who, luggage);
      return;
    }
    const wanted = who.address.path.slice(1);
    const isFree = !wanted.startsWith("$") && !wanted.includes("/") && !family.has(wanted);
    const kind = root.kind.kinds.of(luggage.type, luggage.options);
    const cell = new Cell(kind, root, isFree ? wanted : undefined, luggage.args);
    family.add(cell);
    const travel = cell.ownHousehold.ownTravel;
    travel.identity = who.address;
    travel.way = residents.makeWay(aid, { address: who.address, protocol: cell.protocol });
    inside.registry.add(cell);
    residents.came(aid, cell);
    host.observer?.spawned(cell);
    unpack(cell, luggage, () => {});
    for (const ref of luggage.watching) {
      if (cell.ownHousehold.watching.add(ref)) host.beginWatch(ref, cell);
    }
    this.#ports.came(cell, who.names, luggage);
  }

  deliver(aid: ActorId, message: CarriedMessage): void {
    const { inbox, host } = this.#ports.inside;
    const cell = this.#ports.residents.find(aid);
    if (!cell) {
      this.#ports.lost(aid, message, "actor_stopped");
      return;
    }
    switch (message.kind) {
      case "own":
        if (this.#isTooMuch(aid, cell, message)) return;
        inbox.mailboxes.handOwn(cell, message.selector, message.payload, message.origin);
        return;
      case "envelope": {
        const { envelope, from, untilMs } = message;
        if (this.#isTooMuch(aid, cell, message)) return;
        const remainingMs = Math.max(0, untilMs - host.clock.now());
        inbox.deliverTo(
          cell,
          from,
          envelope.kind === "ask" ? { ...envelope, remainingMs } : envelope,
        );
        return;
      }
      case "ended": {
        const { born, exit, to } = message;
        const ref = cell.household?.watchingIfAny?.take(born.name, to);
        if (ref) cell.heardTerminated(ref, exit);
        return;
      }
      case "move":
        this.#ports.moveOn(aid, message);
        return;
      case "end":
        this.#ports.endOn(aid, message);
        return;
      case "stop":
        cell.ownHousehold.stop();
        return;
      default:
        message satisfies never;
    }
  }

  #isTooMuch(aid: ActorId, cell: Cell, message: CarriedMessage): boolean {
    if (this.#ports.inside.inbox.mailboxes.keptFor(cell) < migrationLimits.keptMax) return false;
    this.#ports.lost(aid, message, "mailbox_full");
    return true;
  }

  /** What waited for it there, as a message of this node. */
  #ownOf({ carried, ticket }: PackedMessage): WaitingMessage | undefined {
    if (carried.kind !== "envelope") return undefined;
    const { envelope, from } = carried;
    if (envelope.kind !== "tell" && envelope.kind !== "ask") return undefined;
    const origin = this.#ports.inside.inbox.originOf(from, envelope);
    return { method: envelope.method, args: envelope.args, origin, ticket };
  }
}
