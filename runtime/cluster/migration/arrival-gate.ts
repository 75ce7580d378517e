// The door of one moved actor at its host. Pure. It lets each origin's messages in as they were sent,
// though they come over several paths: directly, and through nodes where the actor lived before.
//
//   origin ──── old path: m1 m2 Flush(3) ───► relay ───► │      │
//      └─────── new path: m3 m4 (version 3) ───────────► │ gate │ ───► m1 m2 m3 m4
//
// For each origin it keeps `current`: what bears a higher version is held until the flush of its version
// has come over the old path. An item with `start` says that nothing older will come; should it come
// nevertheless, because a node on its way went down, it is below the `floor` and reported lost. So a
// death can lose messages, but never reorder or repeat them.
import { migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import type { GateSnapshot, LossReason, StreamItem } from "./peer-message.ts";

export interface GateSink<M> {
  accept(message: M): void;
  /** Everything that the origin sent before this probe is accepted, or reported lost. */
  acknowledge(origin: NodeKey, probe: number): void;
  lost(item: StreamItem<M>, reason: LossReason): void;
}

export interface Gate<M> {
  readonly heldCount: number;
  offer(item: StreamItem<M>): void;
  originRemoved(origin: NodeKey): void;
  pathsLost(): void;
  snapshot(): GateSnapshot<M>;
}

export interface GateParts<M> {
  readonly sink: GateSink<M>;
  /** Whether membership has removed that node for good. */
  readonly isRemoved: (node: NodeKey) => boolean;
  /** As it was at the former host. */
  readonly snapshot?: GateSnapshot<M>;
}

interface OriginDoor<M> {
  current: number;
  floor: number;
  held: StreamItem<M>[];
}

export class ArrivalGate<M> implements Gate<M> {
  readonly #parts: GateParts<M>;
  readonly #doors = new Map<NodeKey, OriginDoor<M>>();
  #heldCount = 0;

  constructor(parts: GateParts<M>) {
    this.#parts = parts;
    if (!parts.snapshot) return;
    for (const { origin, current, floor } of parts.snapshot.origins) {
      this.#doors.set(origin, { current, floor, held: [] });
    }
    for (const item of parts.snapshot.held) this.#hold(this.#doorOf(item.origin), item);
    for (const origin of [...this.#doors.keys()]) {
      if (parts.isRemoved(origin)) this.originRemoved(origin);
    }
  }

  get heldCount(): number {
    return this.#heldCount;
  }

  offer(item: StreamItem<M>): void {
    if (this.#parts.isRemoved(item.origin)) {
      this.#lose(item, "node_down");
      return;
    }
    if (item.start) this.#begin(item);
    const door = this.#doors.get(item.origin);
    if (item.version < (door?.floor ?? 0)) this.#lose(item, "overtaken");
    else if (item.version > (door?.current ?? 0)) this.#hold(this.#doorOf(item.origin), item);
    else this.#take(item);
  }

  /** Whatever it had sent and is held comes in now; what still wanders about is lost. */
  originRemoved(origin: NodeKey): void {
    const door = this.#doors.get(origin);
    if (!door) return;
    this.#doors.delete(origin);
    this.#heldCount -= door.held.length;
    for (const item of byVersion(door.held)) this.#take(item);
  }

  /** All paths led through a host that is gone: for whatever is held, nothing older can come. */
  pathsLost(): void {
    for (const door of this.#doors.values()) {
      const held = byVersion(door.held);
      door.held = [];
      this.#heldCount -= held.length;
      for (const item of held) {
        door.current = Math.max(door.current, item.version);
        this.#take(item);
      }
      door.floor = Math.max(door.floor, held.at(-1)?.version ?? 0);
    }
  }

  snapshot(): GateSnapshot<M> {
    const doors = [...this.#doors];
    return {
      origins: doors.map(([origin, { current, floor }]) => ({ origin, current, floor })),
      held: doors.flatMap(([, { held }]) => held),
    };
  }

  /** The origin has given up its old paths: what is held of them is complete, as far as it goes. */
  #begin(item: StreamItem<M>): void {
    const door = this.#doorOf(item.origin);
    if (item.version < door.current) return;
    const older = byVersion(door.held.filter(({ version }) => version <= item.version));
    door.held = door.held.filter(({ version }) => version > item.version);
    this.#heldCount -= older.length;
    door.current = item.version;
    door.floor = item.version;
    for (const each of older) this.#take(each);
  }

  #take(item: StreamItem<M>): void {
    const { body } = item;
    switch (body.kind) {
      case "message":
        this.#parts.sink.accept(body.message);
        return;
      case "probe":
        this.#parts.sink.acknowledge(item.origin, body.probe);
        return;
      case "flush":
        this.#flush(item.origin, body.to);
        this.#parts.sink.acknowledge(item.origin, body.probe);
        return;
      default:
        body satisfies never;
    }
  }

  #flush(origin: NodeKey, to: number): void {
    // One that was removed has no door any more, and nothing held.
    if (this.#parts.isRemoved(origin)) return;
    const door = this.#doorOf(origin);
    door.current = Math.max(door.current, to);
    const waiting = door.held;
    door.held = [];
    this.#heldCount -= waiting.length;
    for (const item of waiting) this.offer(item);
  }

  /** What ends or asks is held at any time: there is one for each move, and others wait for it. */
  #hold(door: OriginDoor<M>, item: StreamItem<M>): void {
    if (item.body.kind === "message" && this.#heldCount >= migrationLimits.heldMax) {
      this.#lose(item, "mailbox_full");
      return;
    }
    door.held.push(item);
    this.#heldCount += 1;
  }

  /** A probe that came too late is answered too: all that was sent before it has had its end. */
  #lose(item: StreamItem<M>, reason: LossReason): void {
    const { body, origin } = item;
    if (body.kind === "message") this.#parts.sink.lost(item, reason);
    else if (!this.#parts.isRemoved(origin)) this.#parts.sink.acknowledge(origin, body.probe);
  }

  #doorOf(origin: NodeKey): OriginDoor<M> {
    let door = this.#doors.get(origin);
    if (!door) {
      door = { current: 0, floor: 0, held: [] };
      this.#doors.set(origin, door);
    }
    return door;
  }
}

/** As the origin sent them: versions only grow, and each version's items came over one path. */
const byVersion = <M>(items: readonly StreamItem<M>[]): StreamItem<M>[] =>
  [...items].sort((a, b) => a.version - b.version);
