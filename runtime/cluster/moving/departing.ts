// The source's side of a move, in the engine: an actor is held between two messages, its luggage is
// packed, and it either leaves or runs on with what has come meanwhile.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { ActorId } from "#protocols/cluster/migration.ts";
import type { Codec } from "#protocols/codec.ts";
import { targetOf } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type NotMigratable, notMigratable } from "#runtime/cluster/migration/not-migratable.ts";
import type { ActorKinds } from "#runtime/cluster/remote/actor-kinds.ts";
import type { Cell } from "#runtime/core/cell.ts";
import { Freezing } from "#runtime/core/freezing.ts";
import { buryAll } from "#runtime/core/leftovers.ts";
import { type Luggage, pack, vanish, type WaitingMessage } from "#runtime/core/luggage.ts";
import type { Inside } from "#runtime/core/mover-inside.ts";
import { type Cargo, encodeCargo, type PackedMessage, type Who } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { PackedMessages, Tracked } from "./packed-messages.ts";
import type { Residents } from "./residents.ts";

export interface DepartingPorts {
  readonly node: NodeId;
  readonly inside: Inside;
  readonly codec: Codec;
  readonly kinds: ActorKinds;
  readonly packed: PackedMessages;
  readonly residents: Residents;
  frozen(aid: ActorId, cargo: Cargo, cell: Cell, luggage: Luggage): void;
  notFreezable(aid: ActorId, why: NotMigratable): void;
  /** The node that it goes to. */
  targetOf(aid: ActorId): string;
  /** It runs here, at an epoch that its own refs of this node must not pass by. */
  resettle(aid: ActorId, luggage: Luggage): void;
  deliver(aid: ActorId, message: CarriedMessage): void;
  names(cell: Cell): Who["names"];
  left(aid: ActorId, cell: Cell, luggage: Luggage): void;
  /** It was stopped while it was frozen. */
  endedHere(aid: ActorId): void;
}

interface Leaving {
  readonly cell: Cell;
  readonly freezing: Freezing;
  luggage: Luggage | undefined;
  readonly tracked: Tracked[];
  hasEnded: boolean;
}

export class Departing {
  readonly #ports: DepartingPorts;
  readonly #leaving = new Map<ActorId, Leaving>();

  constructor(ports: DepartingPorts) {
    this.#ports = ports;
  }

  /** Why an actor could not move anyway; undefined when it is worth trying. */
  refusalOf(cell: Cell): NotMigratable | undefined {
    const { inside, kinds } = this.#ports;
    const { type } = cell.kind;
    const isPinned = "pinned" in type && type.pinned === true;
    if (isPinned || type.standInTimes !== undefined) return notMigratable("pinned", type.name);
    if (cell.parent !== inside.root) return notMigratable("has_parent", cell.parent?.path);
    const children = cell.household?.familyIfAny?.all.length ?? 0;
    if (children > 0) return notMigratable("has_children", `${children}`);
    if (kinds.nameOf(type) === undefined) return notMigratable("class_unknown", type.name);
    return undefined;
  }

  isFrozen(aid: ActorId): boolean {
    return this.#leaving.get(aid)?.luggage !== undefined;
  }

  freeze(aid: ActorId): void {
    const { inside, residents } = this.#ports;
    const cell = residents.find(aid);
    const refusal = cell ? this.refusalOf(cell) : notMigratable("stopping");
    if (!cell || refusal) {
      this.#ports.notFreezable(aid, refusal ?? notMigratable("stopping"));
      return;
    }
    const freezing = new Freezing(cell.ownHousehold, {
      timers: inside.host.timers,
      isAwaited: () => inside.inbox.mailboxes.isKeeping(cell),
      still: () => this.#still(aid),
      ending: () => {
        this.#leaving.delete(aid);
        this.#ports.notFreezable(aid, notMigratable("stopping"));
      },
    });
    this.#leaving.set(aid, { cell, freezing, luggage: undefined, tracked: [], hasEnded: false });
    freezing.begin();
  }

  /** It runs on here, with what came while it was frozen behind all else. */
  unfreeze(aid: ActorId, epoch: number, postFreeze: readonly CarriedMessage[]): void {
    const leaving = this.#leaving.get(aid);
    this.#leaving.delete(aid);
    if (!leaving) return;
    const { cell, freezing, hasEnded, luggage, tracked } = leaving;
    for (const each of tracked) this.#ports.packed.keep(each);
    if (hasEnded) {
      this.#ports.endedHere(aid);
      return;
    }
    if (luggage && epoch > 0 && cell.household?.travel?.identity === undefined) {
      this.#empty(cell);
      this.#ports.resettle(aid, luggage);
    } else {
      if (luggage) this.#reopen(aid, cell, epoch);
      freezing.end();
    }
    for (const message of postFreeze) this.#ports.deliver(aid, message);
  }

  /** It lives elsewhere. */
  leave(aid: ActorId): void {
    const leaving = this.#leaving.get(aid);
    this.#leaving.delete(aid);
    if (!leaving?.luggage) return;
    const { cell, hasEnded, luggage, tracked } = leaving;
    const node = this.#ports.targetOf(aid);
    for (const each of tracked) this.#ports.packed.handOver(each, node);
    this.#empty(cell);
    this.#ports.left(aid, cell, luggage);
    if (hasEnded) this.#ports.residents.wayOf(aid)?.stop();
  }

  /** It is somebody else's by the directory: what waits ends with it here. */
  fence(aid: ActorId): void {
    const leaving = this.#leaving.get(aid);
    this.#leaving.delete(aid);
    const cell = leaving?.cell ?? this.#ports.residents.find(aid);
    if (!cell) return;
    for (const each of leaving?.tracked ?? []) this.#ports.packed.keep(each);
    buryAll(this.#ports.inside.host, cell);
    const luggage = leaving?.luggage;
    this.#empty(cell);
    if (luggage) this.#ports.left(aid, cell, luggage);
  }

  /** True: it is frozen, and its end is heard where it runs on. */
  ended(aid: ActorId): boolean {
    const leaving = this.#leaving.get(aid);
    if (!leaving?.luggage) return false;
    leaving.hasEnded = true;
    return true;
  }

  #still(aid: ActorId): void {
    const leaving = this.#leaving.get(aid);
    if (!leaving) return;
    const { cell } = leaving;
    const { inside, node } = this.#ports;
    const refusal = this.refusalOf(cell);
    const luggage = pack(cell, node);
    const cargo = refusal ?? this.#encoded(aid, leaving, luggage);
    if (!("kind" in cargo)) {
      for (const each of leaving.tracked) this.#ports.packed.keep(each);
      this.#leaving.delete(aid);
      cell.ownHousehold.timers.resume();
      leaving.freezing.end();
      this.#ports.notFreezable(aid, cargo);
      return;
    }
    leaving.luggage = luggage;
    const { address, protocol } = cell;
    cell.isClosed = true;
    cell.ownHousehold.ownTravel.absence = this.#ports.residents.makeWay(aid, { address, protocol });
    inside.registry.remove(cell);
    this.#ports.frozen(aid, cargo, cell, luggage);
  }

  #encoded(aid: ActorId, leaving: Leaving, luggage: Luggage): Cargo | NotMigratable {
    const { cell, tracked } = leaving;
    const { codec, inside, kinds, packed } = this.#ports;
    const to = targetOf(cell.address);
    const node = this.#ports.targetOf(aid);
    const packOne = (message: WaitingMessage): PackedMessage => {
      const made = packed.pack(message, to, node);
      if (made.tracked) tracked.push(made.tracked);
      return { carried: made.carried, ticket: message.ticket };
    };
    const who = {
      address: cell.address,
      className: kinds.nameOf(cell.kind.type) ?? "",
      protocolId: cell.protocol.id,
      names: this.#ports.names(cell),
    };
    const mailbox = luggage.mailbox.map(packOne);
    const stash = luggage.stash.map(packOne);
    const nowMs = inside.host.clock.now();
    try {
      return encodeCargo(codec, { who, luggage: { ...luggage, mailbox, stash }, nowMs });
    } catch (error) {
      const { code, detail } = Failure.of(error);
      const reason = code === "too_large" ? "state_too_large" : "state_not_plain";
      return notMigratable(reason, `${formatNode(this.#ports.node)}${cell.path}: ${detail}`);
    }
  }

  #reopen(aid: ActorId, cell: Cell, epoch: number): void {
    const { inside, residents } = this.#ports;
    const travel = cell.ownHousehold.ownTravel;
    travel.absence = undefined;
    cell.isClosed = false;
    inside.registry.add(cell);
    cell.ownHousehold.timers.resume();
    if (epoch === 0) residents.dropWay(aid);
  }

  #empty(cell: Cell): void {
    const { host, registry } = this.#ports.inside;
    host.subscriptions.drop(cell);
    vanish(cell);
    registry.remove(cell);
  }
}
