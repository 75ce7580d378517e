// Where one node, as a sender, believes moved actors to be. Pure. There is an entry only for an actor
// that this node knows to have moved; for all others the belief is their birth node and epoch 0.
//
//   no entry ──moved──► open ──its node removed, or a relay lost its way──► lost ──► resolving ──► open
//
// When the belief changes, the last item on the old path is a flush (`learn`). When the old path may
// have lost something, because a node on it was removed, the stream begins anew (`start`): at once when
// the node itself is gone, and `settleMs` after a removal when a flush was not confirmed until then.
import {
  type ActorId,
  birthNodeOf,
  type Location,
  migrationLimits,
  type NodeKey,
  type StreamHeader,
} from "#protocols/cluster/migration.ts";
import type { MovedUids } from "./moved-uids.ts";
import type { StreamItem } from "./peer-message.ts";

export interface PositionPorts {
  readonly self: NodeKey;
  readonly uids: MovedUids;
  now(): number;
  isRemoved(node: NodeKey): boolean;
  /** A number that no other probe of this node bears. */
  nextProbe(): number;
}

/** An item of the engine's own, and the node that it goes to. */
export interface OwnItem {
  readonly node: NodeKey;
  readonly item: StreamItem<never>;
}

export interface Positions {
  readonly size: number;
  /** Actors whose last flush or beginning is not confirmed. */
  readonly unsettled: readonly ActorId[];
  placeOf(aid: ActorId): NodeKey | undefined;
  stateOf(aid: ActorId): "unmoved" | "open" | "lost" | "resolving";
  stamp(aid: ActorId): { readonly node: NodeKey; readonly header: StreamHeader };
  begin(aid: ActorId, location: Location): boolean;
  learn(aid: ActorId, location: Location): OwnItem | undefined;
  confirm(probe: number): void;
  broken(aid: ActorId, epoch: number): void;
  nodeRemoved(node: NodeKey): void;
  suspects(): readonly ActorId[];
  resolving(aid: ActorId): void;
  isOutdated(aid: ActorId, location: Location): boolean;
  resolved(aid: ActorId, location: Location): OwnItem | undefined;
  isPast(aid: ActorId, epoch: number): boolean;
  forget(aid: ActorId): void;
}

interface Position {
  node: NodeKey;
  epoch: number;
  state: "open" | "lost" | "resolving";
  /** It is known not to live at this epoch any more, or at an earlier one; -1 when nothing is known. */
  leftEpoch: number;
  /** Whether something was sent since the stream began. */
  hasStarted: boolean;
  /** The flush or new beginning that the host has not confirmed. */
  awaited: { readonly probe: number; readonly sinceMs: number } | undefined;
}

/** Of an actor that was thought to be at its birth node: something may have been sent there. */
const newcomer = {
  state: "open",
  leftEpoch: -1,
  hasStarted: true,
  awaited: undefined,
} as const;

export class StreamPositions implements Positions {
  readonly #ports: PositionPorts;
  readonly #positions = new Map<ActorId, Position>();
  /** Actors whose last flush is not confirmed, by its probe. */
  readonly #awaited = new Map<number, ActorId>();
  #removedMs = Number.NEGATIVE_INFINITY;

  constructor(ports: PositionPorts) {
    this.#ports = ports;
  }

  get unsettled(): readonly ActorId[] {
    return [...this.#awaited.values()];
  }

  placeOf(aid: ActorId): NodeKey | undefined {
    return this.#positions.get(aid)?.node;
  }

  get size(): number {
    return this.#positions.size;
  }

  stateOf(aid: ActorId): "unmoved" | "open" | "lost" | "resolving" {
    return this.#positions.get(aid)?.state ?? "unmoved";
  }

  /** How the next item is addressed. Only while its state is `unmoved` or `open`. */
  stamp(aid: ActorId): { readonly node: NodeKey; readonly header: StreamHeader } {
    const position = this.#positions.get(aid);
    const epoch = position?.epoch ?? 0;
    const start = position !== undefined && !position.hasStarted;
    if (position) position.hasStarted = true;
    const header = { aid, origin: this.#ports.self, epoch, version: epoch, start };
    return { node: position?.node ?? birthNodeOf(aid), header };
  }

  /** This node never sent to the actor, and begins at its present place. False: full, or known. */
  begin(aid: ActorId, location: Location): boolean {
    if (location.epoch === 0 || this.#positions.has(aid)) return false;
    const { node, epoch } = location;
    return this.#create(aid, { ...newcomer, node, epoch, hasStarted: false });
  }

  /** The actor has moved on. Answers the flush that must be the last item on the old path. */
  learn(aid: ActorId, { node, epoch }: Location): OwnItem | undefined {
    const known = this.#positions.get(aid);
    const isNews = epoch > (known?.epoch ?? 0) && !this.#ports.isRemoved(node);
    if (!isNews || (known && known.state !== "open")) return undefined;
    const old = { node: known?.node ?? birthNodeOf(aid), epoch: known?.epoch ?? 0 };
    const position = known ?? { ...newcomer, ...old };
    if (!known && !this.#create(aid, position)) return undefined;
    position.node = node;
    position.epoch = epoch;
    if (!position.hasStarted) return undefined;
    if (this.#ports.isRemoved(old.node)) {
      position.hasStarted = false;
      return undefined;
    }
    // The host confirms a later flush only after the earlier ones: the oldest doubt remains.
    const sinceMs = Math.min(position.awaited?.sinceMs ?? Infinity, this.#ports.now());
    const probe = this.#await(aid, position, sinceMs);
    const header = { aid, origin: this.#ports.self, epoch: old.epoch, version: old.epoch };
    const item = { ...header, start: false, body: { kind: "flush", to: epoch, probe } } as const;
    return { node: old.node, item };
  }

  /** A flush or a new beginning has been accepted by the host: the old paths are empty. */
  confirm(probe: number): void {
    const aid = this.#awaited.get(probe);
    this.#awaited.delete(probe);
    const position = aid === undefined ? undefined : this.#positions.get(aid);
    if (position?.awaited?.probe === probe) position.awaited = undefined;
  }

  /** The relay of that epoch cannot pass on what comes to it. */
  broken(aid: ActorId, epoch: number): void {
    const position = this.#positions.get(aid);
    if (position === undefined) {
      const place = { node: birthNodeOf(aid), epoch: 0, leftEpoch: epoch };
      this.#create(aid, { ...newcomer, ...place, state: "lost" });
    } else if (position.epoch <= epoch) {
      position.leftEpoch = Math.max(position.leftEpoch, epoch);
      if (position.state === "open") position.state = "lost";
    } else if (position.awaited) {
      position.awaited = { ...position.awaited, sinceMs: Number.NEGATIVE_INFINITY };
    }
  }

  nodeRemoved(node: NodeKey): void {
    this.#removedMs = this.#ports.now();
    for (const position of this.#positions.values()) {
      if (position.node !== node || position.state !== "open") continue;
      position.state = "lost";
      position.leftEpoch = Math.max(position.leftEpoch, position.epoch);
    }
  }

  /** Actors whose stream must begin anew, even if nothing is sent: a flush has probably been lost. */
  suspects(): readonly ActorId[] {
    const settledMs = this.#removedMs + migrationLimits.settleMs;
    if (this.#awaited.size === 0) return [];
    const isSettled = this.#ports.now() >= settledMs;
    const isSuspect = ({ state, awaited }: Position): boolean => {
      if (awaited === undefined || state === "resolving") return false;
      if (state === "lost" || awaited.sinceMs === Number.NEGATIVE_INFINITY) return true;
      return isSettled && awaited.sinceMs < settledMs;
    };
    return [...this.#awaited.values()].filter((aid) => {
      const position = this.#positions.get(aid);
      return position !== undefined && isSuspect(position);
    });
  }

  /** The directory is asked: what is sent meanwhile waits. */
  resolving(aid: ActorId): void {
    const position = this.#positions.get(aid);
    if (position) position.state = "resolving";
  }

  /** It has left that place already: the answer is older than what is known. */
  isOutdated(aid: ActorId, { epoch }: Location): boolean {
    return epoch <= (this.#positions.get(aid)?.leftEpoch ?? -1);
  }

  /** Begins anew at that place. Answers an item that says so, where older ones may be under way. */
  resolved(aid: ActorId, location: Location): OwnItem | undefined {
    const position = this.#positions.get(aid);
    if (!position) return undefined;
    const isOlderUnderWay = position.hasStarted || position.awaited !== undefined;
    position.node = location.node;
    position.epoch = location.epoch;
    position.state = "open";
    position.hasStarted = false;
    if (!isOlderUnderWay) return undefined;
    const probe = this.#await(aid, position, this.#ports.now());
    const { node, header } = this.stamp(aid);
    return { node, item: { ...header, body: { kind: "probe", probe } } };
  }

  /** Nothing of this node is under way, or ever will be, through a relay of that epoch. */
  isPast(aid: ActorId, epoch: number): boolean {
    const position = this.#positions.get(aid);
    return position?.state === "open" && !position.awaited && position.epoch > epoch;
  }

  /** The actor has ended. */
  forget(aid: ActorId): void {
    const position = this.#positions.get(aid);
    if (!position) return;
    if (position.awaited) this.#awaited.delete(position.awaited.probe);
    this.#positions.delete(aid);
    this.#ports.uids.remove(aid);
  }

  #create(aid: ActorId, position: Position): boolean {
    if (this.#positions.size >= migrationLimits.positionsMax) return false;
    this.#positions.set(aid, position);
    this.#ports.uids.add(aid);
    return true;
  }

  #await(aid: ActorId, position: Position, sinceMs: number): number {
    if (position.awaited) this.#awaited.delete(position.awaited.probe);
    const probe = this.#ports.nextProbe();
    position.awaited = { probe, sinceMs };
    this.#awaited.set(probe, aid);
    return probe;
  }
}
