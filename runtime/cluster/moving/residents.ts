// Actors of one node that have to do with moving: those that have come, those that have left, and how
// refs of this node lead to each of them.
import { type Address, formatNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, actorIdOf, actorUidOf, birthNodeOf } from "#protocols/cluster/migration.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { actorAt } from "#runtime/core/actor-at.ts";
import { Cell } from "#runtime/core/cell.ts";
import type { Inside } from "#runtime/core/mover-inside.ts";
import type { CarriedMessage } from "./carried-message.ts";
import { Way } from "./way.ts";

export class Residents {
  readonly #inside: Inside;
  readonly #self: string;
  readonly #send: (aid: ActorId, message: CarriedMessage) => void;
  /** Of actors that live here and have moved before. */
  readonly #cells = new Map<ActorId, Cell>();
  readonly #ways = new Map<ActorId, Way>();
  /** Of actors that were born here: their uids, and the paths that nobody else has taken. */
  readonly #born = new Map<number, Way>();
  readonly #paths = new Map<string, Way>();
  /** Who has left, by the uid that it had here. */
  readonly #left = new Map<number, ActorId>();

  constructor(inside: Inside, node: NodeId, send: (aid: ActorId, message: CarriedMessage) => void) {
    this.#inside = inside;
    this.#self = formatNode(node);
    this.#send = send;
  }

  /** The actor, if it lives here or is frozen here. */
  find(aid: ActorId): Cell | undefined {
    const known = this.#cells.get(aid);
    if (known || birthNodeOf(aid) !== this.#self) return known;
    const found = this.#inside.registry.find(actorUidOf(aid));
    const isNative = found instanceof Cell && found.household?.travel?.identity === undefined;
    return isNative ? found : undefined;
  }

  /** Who that actor is, wherever it was born. */
  identityOf(cell: Cell): ActorId {
    return actorIdOf(cell.address);
  }

  wayTo({ path, uid }: Pick<Address, "path" | "uid">): Way | undefined {
    if (!this.hasWays) return undefined;
    return uid === 0 ? this.#wayAt(path) : this.#born.get(uid);
  }

  /** Whether anybody is, or was, here who has to do with moving. */
  get hasWays(): boolean {
    return this.#ways.size > 0;
  }

  wayOf(aid: ActorId): Way | undefined {
    return this.#ways.get(aid);
  }

  /** Refs of this node lead to it by this way from now on. */
  makeWay(
    aid: ActorId,
    who: { readonly address: Address; readonly protocol: Protocol<unknown> },
  ): Way {
    const known = this.#ways.get(aid);
    if (known) return known;
    const { gates, host } = this.#inside;
    const passed = (identity: Address): void => gates.passed(host.focus.cell, identity);
    const way = new Way({ aid, ...who }, { send: this.#send, passed });
    this.#ways.set(aid, way);
    if (birthNodeOf(aid) === this.#self) this.#born.set(who.address.uid, way);
    return way;
  }

  /** It runs on where it was born, as if nothing had been. */
  dropWay(aid: ActorId): void {
    const way = this.#ways.get(aid);
    this.#ways.delete(aid);
    if (!way) return;
    this.#born.delete(way.address.uid);
    if (this.#paths.get(way.address.path) === way) this.#paths.delete(way.address.path);
  }

  came(aid: ActorId, cell: Cell): void {
    this.#cells.set(aid, cell);
    const way = this.#ways.get(aid);
    if (way && this.#paths.get(way.address.path) === way) this.#paths.delete(way.address.path);
  }

  left(aid: ActorId, cell: Cell): void {
    this.#cells.delete(aid);
    this.#left.set(cell.uid, aid);
    const way = this.#ways.get(aid);
    const isNative = way !== undefined && birthNodeOf(aid) === this.#self;
    if (isNative && cell.path === way.address.path) this.#paths.set(cell.path, way);
  }

  /** What was still under way to it by its uid here has come, or never will. */
  forgetUid(uid: number): void {
    this.#left.delete(uid);
  }

  leftAs(uid: number): ActorId | undefined {
    return this.#left.get(uid);
  }

  ended(aid: ActorId): void {
    this.#cells.delete(aid);
    this.dropWay(aid);
  }

  get count(): number {
    return this.#cells.size;
  }

  /** Of whoever has the path; of one that is frozen or was elsewhere too, or it would be overtaken. */
  #wayAt(path: string): Way | undefined {
    const cell = actorAt(this.#inside.root, path);
    if (!cell) return this.#paths.get(path);
    const travel = cell.household?.travel;
    const way = travel?.absence ?? travel?.way;
    return way instanceof Way ? way : undefined;
  }
}
