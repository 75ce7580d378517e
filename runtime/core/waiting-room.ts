// Messages from other nodes for an actor whose mailbox is full and whose senders are to wait: they are
// neither refused nor put over the mailbox's bound, but wait here, and their nodes are told.
//
//   link ──► mailbox has room, nobody waits ──► mailbox
//      └───► waiting room ── as there is room ──► mailbox        sender's node: pause … resume
//
// What waits uses up its link's credit, so that a node which does not pause is stopped by that. What came
// for a moved actor uses none: its node is told again and again.
import type { NodeId } from "#protocols/address.ts";
import { payloadOf, type Selector } from "#protocols/selector.ts";
import type { Gated } from "./gate.ts";
import { NodeMap } from "./node-map.ts";
import type { Origin } from "./origin.ts";
import type { Sink } from "./ref.ts";
import { RingBuffer } from "./ring-buffer.ts";

export interface KeptMessage {
  readonly from: NodeId;
  readonly selector: Selector;
  readonly args: readonly unknown[];
  readonly origin: Origin | undefined;
  /** About what it takes of its link's credit. Undefined: it came another way, and takes none. */
  readonly bytes: number | undefined;
}

export interface WaitingRoomPorts {
  /** The actor's mailbox, when it is full and its senders are to wait. */
  fullGate(actor: Sink): Gated | undefined;
  pause(from: NodeId, actor: Sink): void;
  resume(from: NodeId, actor: Sink): void;
  released(from: NodeId, messages: number, bytes: number): void;
}

interface Queue {
  readonly gate: Gated;
  readonly kept: RingBuffer<KeptMessage>;
  readonly paused: NodeMap<NodeId>;
  withoutCredit: number;
}

/** After so many that use no credit their node is told again: perhaps another told it to go on. */
const toldAgainAfter = 64;

export class WaitingRoom {
  readonly #ports: WaitingRoomPorts;
  readonly #queues = new Map<Sink, Queue>();
  #count = 0;

  constructor(ports: WaitingRoomPorts) {
    this.#ports = ports;
  }

  isKeeping(actor: Sink): boolean {
    return this.#queues.has(actor);
  }

  /** Messages that wait for that actor. */
  countFor(actor: Sink): number {
    return this.#queues.get(actor)?.kept.length ?? 0;
  }

  /** Whether a message for the actor has to wait here; otherwise it may go into the mailbox now. */
  mustWait(actor: Sink): boolean {
    if (this.#count > 0 && this.#queues.has(actor)) return true;
    return this.#ports.fullGate(actor) !== undefined;
  }

  keep(actor: Sink, message: KeptMessage): void {
    const queue = this.#queueOf(actor);
    if (queue === undefined) return;
    queue.kept.push(message);
    this.#count += 1;
    const { bytes, from } = message;
    if (bytes === undefined) queue.withoutCredit += 1;
    const isToldAgain = bytes === undefined && queue.withoutCredit % toldAgainAfter === 0;
    if (!isToldAgain && queue.paused.get(from) !== undefined) return;
    queue.paused.set(from, from);
    this.#ports.pause(from, actor);
  }

  #queueOf(actor: Sink): Queue | undefined {
    const known = this.#queues.get(actor);
    if (known) return known;
    const gate = this.#ports.fullGate(actor);
    if (gate === undefined) return undefined;
    const kept = new RingBuffer<KeptMessage>();
    const queue = { gate, kept, paused: new NodeMap<NodeId>(), withoutCredit: 0 };
    this.#queues.set(actor, queue);
    this.#awaitRoom(actor, queue);
    return queue;
  }

  #awaitRoom(actor: Sink, queue: Queue): void {
    // Without a signal it never rejects; when the actor ends, it has room for all.
    void queue.gate.gate.room(undefined).then(() => this.#next(actor, queue));
  }

  /** As many as there is room for; half of it, because others may have been let in, too. */
  #next(actor: Sink, queue: Queue): void {
    const { gate, kept, paused } = queue;
    const countMax = Math.max(1, Math.floor(gate.room / 2));
    for (let count = 0; count < countMax; ) {
      const next = kept.shift();
      if (next === undefined) break;
      const { args, bytes, from, origin, selector } = next;
      this.#count -= 1;
      count += 1;
      actor.accept(selector, payloadOf(args), origin);
      if (bytes !== undefined) this.#ports.released(from, 1, bytes);
    }
    if (kept.length > 0) {
      this.#awaitRoom(actor, queue);
      return;
    }
    this.#queues.delete(actor);
    for (const node of paused.values()) this.#ports.resume(node, actor);
  }
}
