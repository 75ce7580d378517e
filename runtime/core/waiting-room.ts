// Messages from other nodes for an actor whose mailbox is full and whose senders are to wait: they are
// neither refused nor put over the mailbox's bound, but wait here, and their nodes are told.
//
//   link ──► mailbox has room, nobody waits ──► mailbox
//      └───► waiting room ── as there is room ──► mailbox        sender's node: pause … resume
//
// What waits uses up its link's credit, so that a node which does not pause is stopped by that.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { LocalActor } from "./cell-host.ts";
import type { Gated } from "./gate.ts";
import { acceptNamed } from "./named-message.ts";
import type { Origin } from "./origin.ts";

export interface KeptMessage {
  readonly from: NodeId;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly origin: Origin | undefined;
  /** About what it takes. */
  readonly bytes: number;
}

export interface WaitingRoomPorts {
  /** The actor's mailbox, when it is full and its senders are to wait. */
  fullGate(actor: LocalActor): Gated | undefined;
  pause(from: NodeId, actor: LocalActor): void;
  resume(from: NodeId, actor: LocalActor): void;
  released(from: NodeId, messages: number, bytes: number): void;
}

interface Queue {
  readonly gate: Gated;
  readonly kept: KeptMessage[];
  readonly paused: Map<string, NodeId>;
}

export class WaitingRoom {
  readonly #ports: WaitingRoomPorts;
  readonly #queues = new Map<LocalActor, Queue>();
  #count = 0;

  constructor(ports: WaitingRoomPorts) {
    this.#ports = ports;
  }

  /** Messages that wait. */
  get count(): number {
    return this.#count;
  }

  /** True: it waits here. False: it may go into the mailbox now. */
  keep(actor: LocalActor, message: KeptMessage): boolean {
    const queue = this.#queueOf(actor);
    if (queue === undefined) return false;
    queue.kept.push(message);
    this.#count += 1;
    const node = formatNode(message.from);
    if (!queue.paused.has(node)) {
      queue.paused.set(node, message.from);
      this.#ports.pause(message.from, actor);
    }
    return true;
  }

  #queueOf(actor: LocalActor): Queue | undefined {
    const known = this.#count === 0 ? undefined : this.#queues.get(actor);
    if (known) return known;
    const gate = this.#ports.fullGate(actor);
    if (gate === undefined) return undefined;
    const queue = { gate, kept: [], paused: new Map() };
    this.#queues.set(actor, queue);
    this.#awaitRoom(actor, queue);
    return queue;
  }

  #awaitRoom(actor: LocalActor, queue: Queue): void {
    // Without a signal it never rejects; when the actor ends, it has room for all.
    void queue.gate.gate.room(undefined).then(() => this.#next(actor, queue));
  }

  #next(actor: LocalActor, queue: Queue): void {
    const next = queue.kept.shift();
    if (next) {
      this.#count -= 1;
      acceptNamed(actor, next, next.origin);
      this.#ports.released(next.from, 1, next.bytes);
    }
    if (queue.kept.length > 0) {
      this.#awaitRoom(actor, queue);
      return;
    }
    this.#queues.delete(actor);
    for (const node of queue.paused.values()) this.#ports.resume(node, actor);
  }
}
