// Judges what links report, as it comes: the promises of the transport, seen from outside.
//
//   - once and in order between two processes, without a gap, as it was sent, from processes that are up;
//   - every message taken is delivered or reported lost, by the time that all faults have ended;
//   - between two processes that both live nothing is lost;
//   - one notice of every process's end, and in a gentle run none of a living one's.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import { MessageStream } from "./message-stream.ts";
import { isIntact, readNumbered } from "./numbered-message.ts";
import { PeerView } from "./peer-view.ts";

interface Witness {
  readonly node: NodeId;
  readonly view: PeerView;
  /** By the receiver's name. */
  readonly streams: Map<string, MessageStream>;
  isAlive: boolean;
}

export class LinkChecker {
  /** In gentle weather nobody who lives may be given up. */
  mood: "gentle" | "rough";
  readonly #witnesses = new Map<string, Witness>();
  delivered = 0;
  lost = 0;
  downs = 0;
  livingGivenUp = 0;
  quarantines = 0;

  constructor(mood: "gentle" | "rough") {
    this.mood = mood;
  }

  started(node: NodeId): void {
    const witness = { node, view: new PeerView(node), streams: new Map(), isAlive: true };
    this.#witnesses.set(formatNode(node), witness);
  }

  ended(node: NodeId): void {
    this.#witness(node).isAlive = false;
  }

  /** The number that the next message from this process to that name must carry. */
  nextSequence(from: NodeId, to: string): number {
    return this.#stream(from, to).nextSequence;
  }

  /** The incarnation of that name that the process believes to be up; 0 for none. */
  upAt(node: NodeId, name: string): number {
    return this.#witness(node).view.upOf(name);
  }

  sent(from: NodeId, to: NodeId, outcome: SendOutcome): void {
    const { view } = this.#witness(from);
    switch (outcome) {
      case "accepted":
        this.#stream(from, to.name).taken(to.incarnation);
        return;
      case "node_down":
        if (to.incarnation === 0 || view.upOf(to.name) === to.incarnation) {
          throw broken(`${formatNode(from)} cannot send to ${formatNode(to)}, which is up`);
        }
        return;
      case "link_full":
        return;
      case "too_large":
      case "not_found":
        throw broken(`${formatNode(from)} sends to ${formatNode(to)}: ${outcome}`);
      default:
        outcome satisfies never;
    }
  }

  arrived(at: NodeId, from: NodeId, envelope: Envelope): void {
    const witness = this.#witness(at);
    if (!witness.isAlive) throw broken(`${formatNode(at)} gets a message after its end`);
    witness.view.delivers(from);
    const message = readNumbered(envelope);
    if (message.by !== from.incarnation || message.to !== at.name || !isIntact(message)) {
      throw broken(`${formatNode(at)} gets of ${formatNode(from)} what that never sent`);
    }
    const sender = this.#witness(from).isAlive ? "lives" : "leaves";
    this.#stream(from, at.name).delivered(message.sequence, at.incarnation, sender);
    this.delivered++;
  }

  up(at: NodeId, node: NodeId): void {
    this.#witness(at).view.cameUp(node);
  }

  /** Incarnation 0: only that messages for whichever bears the name waited too long. */
  down(at: NodeId, node: NodeId, lost: readonly Envelope[]): void {
    if (node.incarnation !== 0) {
      const { view, isAlive } = this.#witness(at);
      view.wentDown(node);
      this.downs++;
      // Whoever leaves parts from the living.
      if (isAlive && this.#witnesses.get(formatNode(node))?.isAlive) {
        this.livingGivenUp++;
        if (this.mood === "gentle") {
          throw broken(`${formatNode(at)} gives up ${formatNode(node)}, which lives and is near`);
        }
      }
    }
    const stream = this.#stream(at, node.name);
    for (const envelope of lost) stream.lost(readNumbered(envelope).sequence, node.incarnation);
    this.lost += lost.length;
  }

  /** Nothing came from that name for longer than it may stay silent. */
  silent(at: NodeId, name: string): void {
    const up = this.upAt(at, name);
    if (up === 0) return;
    throw broken(`${formatNode(at)} still believes in ${formatNode({ name, incarnation: up })}`);
  }

  /** The process learns that a peer gave it up. */
  refused(at: NodeId, by: NodeId): void {
    this.quarantines++;
    if (this.mood === "rough" || !this.#witness(at).isAlive) return;
    throw broken(`${formatNode(by)} refuses ${formatNode(at)}, which lives and is near`);
  }

  /** The last message that this process sent to that name must have reached the living process. */
  isAnswered(from: NodeId, to: NodeId): boolean {
    const stream = this.#stream(from, to.name);
    return stream.isDelivered(stream.nextSequence - 1, to.incarnation);
  }

  /** When all faults have ended and time has passed: everything is known. */
  settled(): void {
    const living = [...this.#witnesses.values()].filter((witness) => witness.isAlive);
    for (const { node, view, streams } of living) {
      for (const { node: peer } of living) {
        if (peer.name === node.name) continue;
        view.settled(peer);
        streams.get(peer.name)?.settled(peer.incarnation);
      }
    }
  }

  #stream(from: NodeId, to: string): MessageStream {
    const { streams } = this.#witness(from);
    let stream = streams.get(to);
    if (stream === undefined) {
      stream = new MessageStream(from, to);
      streams.set(to, stream);
    }
    return stream;
  }

  #witness(node: NodeId): Witness {
    const witness = this.#witnesses.get(formatNode(node));
    if (witness) return witness;
    throw broken(`${formatNode(node)} is reported, but there never was such a process`);
  }
}
