// The nodes that this one watches, chosen anew when members come or go, and what is held of each.
// Pure: the wire is a port.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import type { Heartbeat } from "#protocols/cluster/heartbeat.ts";
import { Failure } from "#protocols/failure.ts";
import type { Hearing, Verdict } from "./evidence.ts";
import type { DetectorTerms } from "./failure-detector.ts";
import type { HeartbeatWire } from "./heartbeat-wire.ts";
import { heartbeatAddress, type Member } from "./member.ts";
import { watchedBy } from "./monitors.ts";
import { type DialWay, PeerWatch } from "./peer-watch.ts";

export interface WatchListOptions {
  readonly self: NodeId;
  /** How many watch one node. */
  readonly monitors: number;
  readonly terms: DetectorTerms;
  readonly wire: Pick<HeartbeatWire, "watch" | "unwatch">;
  /** Its address is of no use; it will be found silent. Said once for each address. */
  readonly cannotWatch: (peer: string, failure: Failure) => void;
}

interface Watched {
  readonly watch: PeerWatch;
  readonly address: string;
}

export class WatchList {
  readonly #options: WatchListOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: WatchListOptions) {
    this.#options = options;
  }

  /** Of whom it watches. */
  get names(): ReadonlySet<string> {
    return new Set(this.#watched.keys());
  }

  /** Who publishes no heartbeats watches nobody and is watched by nobody. */
  choose(members: readonly Member[], nowMs: number): void {
    const { monitors, self } = this.#options;
    const beating = new Map<string, { readonly node: NodeId; readonly address: string }>();
    for (const { node, record } of members) {
      const address = heartbeatAddress(record);
      if (address !== undefined) beating.set(node.name, { node, address });
    }
    const own = beating.get(self.name);
    const isIn = own !== undefined && isSameNode(own.node, self);
    const chosen = new Set(isIn ? watchedBy(self.name, [...beating.keys()], monitors) : []);
    for (const name of [...this.#watched.keys()]) if (!chosen.has(name)) this.#drop(name);
    for (const name of chosen) {
      const target = beating.get(name);
      if (target) this.#watch(target.node, target.address, nowMs);
    }
  }

  /** Whether it was of one that is watched, and news. */
  heard(peer: string, heartbeat: Heartbeat, nowMs: number): boolean {
    // A node speaks for itself only.
    if (heartbeat.node.name !== peer) return false;
    return this.#watched.get(peer)?.watch.heard(heartbeat, nowMs) ?? false;
  }

  dialled(peer: string, way: DialWay, sight: DialSight): void {
    this.#watched.get(peer)?.watch.dialled(way, sight);
  }

  excuse(lateMs: number, nowMs: number): void {
    for (const { watch } of this.#watched.values()) watch.excuse(lateMs, nowMs);
  }

  hearing(nowMs: number): {
    readonly hears: readonly NodeId[];
    readonly misses: readonly NodeId[];
  } {
    const hears: NodeId[] = [];
    const misses: NodeId[] = [];
    for (const { watch } of this.#watched.values()) {
      if (watch.isFresh(nowMs)) hears.push(watch.node);
      // One that may still come is neither.
      else if (watch.judge(nowMs, "unknown").kind !== "trusted") misses.push(watch.node);
    }
    return { hears, misses };
  }

  verdicts(nowMs: number): readonly { readonly node: NodeId; readonly verdict: Verdict }[] {
    return [...this.#watched.values()].map(({ watch }) => ({
      node: watch.node,
      verdict: watch.judge(nowMs, this.#othersHear(watch, nowMs)),
    }));
  }

  close(): void {
    for (const name of [...this.#watched.keys()]) this.#drop(name);
  }

  #othersHear(lost: PeerWatch, nowMs: number): Hearing {
    let hearing: Hearing = "unknown";
    for (const { watch } of this.#watched.values()) {
      const said = watch === lost ? "unknown" : watch.hearsWhatIsLost(lost, nowMs);
      if (said === "yes") return "yes";
      if (said === "no") hearing = "no";
    }
    return hearing;
  }

  #watch(node: NodeId, address: string, nowMs: number): void {
    const { cannotWatch, self, terms, wire } = this.#options;
    const known = this.#watched.get(node.name);
    const isSame = known !== undefined && isSameNode(known.watch.node, node);
    if (isSame && known.address === address) return;
    // A new life of it may live at the old address: what was seen of the old one is void.
    if (known) this.#drop(node.name);
    const watch = new PeerWatch({ self, node, terms, nowMs });
    this.#watched.set(node.name, { watch, address });
    try {
      wire.watch(node.name, address);
    } catch (error) {
      cannotWatch(node.name, Failure.of(error));
    }
  }

  #drop(name: string): void {
    this.#watched.delete(name);
    this.#options.wire.unwatch(name);
  }
}
