// Backpressure of actors that move. Whoever holds messages for one tells the nodes that sent them, and
// their senders pause, wherever the actor was born:
//
//   where it lives   its mailbox is full, and its senders are to wait; until there is room
//   on the way       many wait for its arrival, or for room on a link; a little while, and again
//
// A node that goes on too early is told once more, so no order of these words matters.
import {
  type Address,
  formatNode,
  isSameNode,
  type NodeId,
  parseNode,
} from "#protocols/address.ts";
import {
  type ActorId,
  actorUidOf,
  birthNodeOf,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import { limits } from "#protocols/limits.ts";
import type { Running } from "#runtime/core/focus.ts";
import type { RemoteGates } from "#runtime/core/remote-gates.ts";
import { type CarriedMessage, number, text } from "./carried-message.ts";

export interface SenderPausesPorts {
  readonly node: NodeId;
  readonly gates: RemoteGates;
  later(ms: number, act: () => void): void;
  aside(to: NodeKey, about: string, ...fields: readonly unknown[]): void;
}

/** Milliseconds that senders pause where many wait on the way. */
const crowdPauseMs = 20;

export class SenderPauses {
  readonly #ports: SenderPausesPorts;
  /** Who was told of a crowd just now. */
  readonly #told = new Set<string>();
  /** For whom senders of this node pause, by the node that said so. */
  readonly #saidBy = new Map<NodeKey, Map<string, Address>>();

  constructor(ports: SenderPausesPorts) {
    this.#ports = ports;
  }

  /** Many wait here for that actor: whoever sent this one pauses a little. */
  crowded(aid: ActorId, message: CarriedMessage): void {
    const birth = parseNode(birthNodeOf(aid));
    if (!birth) return;
    const { node } = this.#ports;
    const origin = "from" in message ? message.from : node;
    const key = `${formatNode(origin)}>${aid}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#ports.later(crowdPauseMs / 2, () => this.#told.delete(key));
    const identity = { node: birth, path: "/", uid: actorUidOf(aid) };
    this.#pause(origin, identity, crowdPauseMs);
  }

  /** Refs lead to the birth node: here it is the link to where the actor is that may be full. */
  passed(sender: Running | undefined, placeOf: () => NodeKey | undefined): void {
    const { gates } = this.#ports;
    if (gates.isEmpty) return;
    const node = parseNode(placeOf() ?? "");
    if (node) gates.passed(sender, { node, path: "/", uid: 0 });
  }

  /** Its mailbox is full. */
  hold(origin: NodeId, identity: Address): void {
    this.#pause(origin, identity, limits.remotePauseMsMax);
  }

  goOn(origin: NodeId, { node, uid }: Address): void {
    const { node: self } = this.#ports;
    if (isSameNode(origin, self)) this.#opened(self, { node, path: "/", uid });
    else this.#ports.aside(formatNode(origin), "resume", formatNode(node), uid);
  }

  /** Of another node. Fails with `invalid` for what is no such word. */
  heard(from: NodeId, about: "pause" | "resume", fields: readonly unknown[]): void {
    const [birth, uid, ms] = fields;
    const node = parseNode(text(birth));
    if (!node) return;
    const identity = { node, path: "/", uid: number(uid) };
    if (about === "pause") this.#shut(from, identity, number(ms));
    else this.#opened(from, identity);
  }

  /** It will not say that there is room. */
  nodeRemoved(key: NodeKey): void {
    const said = this.#saidBy.get(key);
    this.#saidBy.delete(key);
    for (const identity of said?.values() ?? []) {
      this.#ports.gates.actorOpened(identity.node, identity);
    }
  }

  #pause(origin: NodeId, identity: Address, ms: number): void {
    const { node: self } = this.#ports;
    if (isSameNode(origin, self)) this.#shut(self, identity, ms);
    else {
      const { node, uid } = identity;
      this.#ports.aside(formatNode(origin), "pause", formatNode(node), uid, ms);
    }
  }

  #shut(by: NodeId, identity: Address, ms: number): void {
    this.#ports.gates.actorShut(identity.node, identity, ms);
    // Of short ones the end needs nobody.
    if (ms <= crowdPauseMs) return;
    const key = formatNode(by);
    const said = this.#saidBy.get(key) ?? new Map<string, Address>();
    this.#saidBy.set(key, said.set(nameOf(identity), identity));
  }

  #opened(by: NodeId, identity: Address): void {
    this.#forget(formatNode(by), identity);
    this.#ports.gates.actorOpened(identity.node, identity);
  }

  #forget(by: NodeKey, identity: Address): void {
    const said = this.#saidBy.get(by);
    said?.delete(nameOf(identity));
    if (said?.size === 0) this.#saidBy.delete(by);
  }
}

const nameOf = ({ node, uid }: Address): string => `${formatNode(node)}#${uid}`;
