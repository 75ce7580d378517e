// Where the actors that left this node went. Pure. An entry leads from one epoch to the next and never
// further, even when the actor is back on this very node: a shorter way would let later messages
// overtake earlier ones on the longer one.
//
// An entry is forgotten once no stream can pass it any more: each node that lived when the actor left,
// or sent through here since, has said that it is past it, or is gone. A crowded table asks them. What
// comes later nevertheless, from nodes that are new, finds the actor by the directory.
// Full: the actors of this node stay where they are.
import {
  type ActorId,
  type Location,
  migrationLimits,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import type { MovedUids } from "./moved-uids.ts";

export interface Forward {
  readonly aid: ActorId;
  readonly epoch: number;
  readonly next: Location;
}

export interface Forwards {
  readonly size: number;
  readonly isFull: boolean;
  find(aid: ActorId, epoch: number): Forward | undefined;
  isForgotten(aid: ActorId): boolean;
  newest(aid: ActorId): Location | undefined;
  add(forward: Forward, streams: Iterable<NodeKey>): void;
  passed(forward: Forward, origin: NodeKey): "told" | "untold";
  ended(forward: Pick<Forward, "aid" | "epoch">, origin: NodeKey): void;
  nodeRemoved(node: NodeKey): void;
  readonly isCrowded: boolean;
  oldest(countMax: number): readonly Passing[];
  forget(aid: ActorId): void;
}

/** Of whom something may still come to an entry. */
export interface Passing {
  readonly aid: ActorId;
  readonly epoch: number;
  readonly origins: readonly NodeKey[];
}

interface Entry extends Forward {
  /** Nodes of which something may still come, and whether each was told the newer place. */
  readonly streams: Map<NodeKey, "told" | "untold">;
}

export class ForwardingTable implements Forwards {
  readonly #uids: MovedUids;
  readonly #actors = new Map<ActorId, Map<number, Entry>>();
  #size = 0;

  constructor(uids: MovedUids) {
    this.#uids = uids;
  }

  /** Entries, those of forgotten departures aside. */
  get size(): number {
    return this.#size;
  }

  /** Actors whose entries are forgotten count too: that they were here is remembered. */
  get isFull(): boolean {
    return Math.max(this.#size, this.#actors.size) >= migrationLimits.forwardsMax;
  }

  find(aid: ActorId, epoch: number): Forward | undefined {
    return this.#actors.get(aid)?.get(epoch);
  }

  /** The actor was here and left; an epoch that is not found must be looked up. */
  isForgotten(aid: ActorId): boolean {
    return this.#actors.has(aid);
  }

  newest(aid: ActorId): Location | undefined {
    let newest: Location | undefined;
    for (const { next } of this.#actors.get(aid)?.values() ?? []) {
      if (!newest || next.epoch > newest.epoch) newest = next;
    }
    return newest;
  }

  /** `streams`: all living nodes, this one too, for any of them may have sent without being noted. */
  add({ aid, epoch, next }: Forward, streams: Iterable<NodeKey>): void {
    let epochs = this.#actors.get(aid);
    if (!epochs) {
      epochs = new Map();
      this.#actors.set(aid, epochs);
      this.#uids.add(aid);
    }
    if (!epochs.has(epoch)) this.#size += 1;
    const untold = [...streams].map((node) => [node, "untold"] as const);
    epochs.set(epoch, { aid, epoch, next, streams: new Map(untold) });
  }

  /** An item takes this way. Answers whether its origin was told of the newer place before. */
  passed(forward: Forward, origin: NodeKey): "told" | "untold" {
    const streams = this.#entry(forward)?.streams;
    const before = streams?.get(origin) ?? "untold";
    streams?.set(origin, "told");
    return before;
  }

  /** Nothing of that origin comes this way any more. */
  ended(forward: Pick<Forward, "aid" | "epoch">, origin: NodeKey): void {
    const entry = this.#entry(forward);
    if (entry) this.#end(entry, origin);
  }

  nodeRemoved(node: NodeKey): void {
    for (const epochs of this.#actors.values()) {
      for (const entry of [...epochs.values()]) this.#end(entry, node);
    }
  }

  get isCrowded(): boolean {
    return this.#size * 2 > migrationLimits.forwardsMax;
  }

  /** Entries to be asked about; the next call answers others. O(countMax). */
  oldest(countMax: number): readonly Passing[] {
    const found: Passing[] = [];
    for (const [aid, epochs] of this.#actors) {
      if (found.length >= countMax) break;
      for (const { epoch, streams } of [...epochs.values()]) {
        if (streams.size > 0) found.push({ aid, epoch, origins: [...streams.keys()] });
        else if (epochs.delete(epoch)) this.#size -= 1;
      }
    }
    for (const { aid } of found) this.#putLast(aid);
    return found;
  }

  /** The actor has ended: nothing about it is remembered. */
  forget(aid: ActorId): void {
    const epochs = this.#actors.get(aid);
    if (!epochs) return;
    this.#size -= epochs.size;
    this.#actors.delete(aid);
    this.#uids.remove(aid);
  }

  #putLast(aid: ActorId): void {
    const epochs = this.#actors.get(aid);
    if (!epochs) return;
    this.#actors.delete(aid);
    this.#actors.set(aid, epochs);
  }

  #entry({ aid, epoch }: Pick<Forward, "aid" | "epoch">): Entry | undefined {
    return this.#actors.get(aid)?.get(epoch);
  }

  #end(entry: Entry, node: NodeKey): void {
    if (!entry.streams.delete(node) || entry.streams.size > 0) return;
    if (this.#actors.get(entry.aid)?.delete(entry.epoch)) this.#size -= 1;
  }
}
