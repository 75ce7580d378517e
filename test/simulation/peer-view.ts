// Which processes one process was told to be up and down, judged report by report: at most one of a
// name is up at a time, incarnations grow, each comes up once and goes down once, for good.
import { formatNode, type NodeId } from "#protocols/address.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";

interface PeerState {
  up: number;
  /** The highest incarnation that was ever up. */
  highest: number;
  readonly down: Set<number>;
}

export class PeerView {
  readonly #owner: NodeId;
  readonly #peers = new Map<string, PeerState>();

  constructor(owner: NodeId) {
    this.#owner = owner;
  }

  /** The incarnation of that name that is up; 0 for none. */
  upOf(name: string): number {
    return this.#peer(name).up;
  }

  isDown({ name, incarnation }: NodeId): boolean {
    return this.#peer(name).down.has(incarnation);
  }

  cameUp(node: NodeId): void {
    const peer = this.#peer(node.name);
    const what = `${this.#name} hears that ${formatNode(node)} is up`;
    if (peer.up !== 0) throw broken(`${what} while ${peer.up} is`);
    if (peer.down.has(node.incarnation)) throw broken(`${what} after it was down`);
    if (node.incarnation <= peer.highest) throw broken(`${what} after ${peer.highest}`);
    peer.up = node.incarnation;
    peer.highest = node.incarnation;
  }

  wentDown(node: NodeId): void {
    const peer = this.#peer(node.name);
    const what = `${this.#name} hears that ${formatNode(node)} is down`;
    if (peer.down.has(node.incarnation)) throw broken(`${what} a second time`);
    peer.down.add(node.incarnation);
    if (peer.up === node.incarnation) peer.up = 0;
  }

  delivers(node: NodeId): void {
    if (this.upOf(node.name) === node.incarnation) return;
    throw broken(`${this.#name} gets a message of ${formatNode(node)}, which is not up`);
  }

  /** At the end: the living one is up, so every other that ever was up is down. */
  settled(living: NodeId): void {
    const peer = this.#peer(living.name);
    if (peer.up !== living.incarnation) {
      throw broken(`${this.#name} does not know that ${formatNode(living)} lives, but ${peer.up}`);
    }
  }

  get #name(): string {
    return formatNode(this.#owner);
  }

  #peer(name: string): PeerState {
    let peer = this.#peers.get(name);
    if (peer === undefined) {
      peer = { up: 0, highest: 0, down: new Set() };
      this.#peers.set(name, peer);
    }
    return peer;
  }
}
