// The transport of a system with threads: each thread is a node of its own, that only this process
// knows. What is for none of them goes on to the links.
//
//   system ──send──► switch ──► door ─► thread      messages for a threaded actor, by its mailbox
//                      ├──────► thread              its children, its answers and watches
//                      └──────► links               everybody else; threads by the passage
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { BoundCounts, BoundState } from "#runtime/core/bounds.ts";
import type { SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";
import { OuterPassage } from "./outer-passage.ts";
import type { PortItem } from "./port-messages.ts";
import type { ThreadDoor } from "./thread-door.ts";
import type { WorkerThread } from "./worker-thread.ts";

export interface SwitchPorts {
  readonly bounds: BoundCounts;
  /** A message of a thread that reached nobody. */
  undelivered(to: NodeId, envelope: Extract<Envelope, { kind: "tell" }>, why: SendOutcome): void;
}

const threadBounds = [
  "threadMessagesMax",
  "threadWindowDefault",
  "threadBlockedMsDefault",
] as const;

export class ThreadSwitch implements Transport {
  readonly #node: NodeId;
  readonly #outer: Transport;
  readonly #ports: SwitchPorts;
  readonly #passage: OuterPassage;
  readonly #doors = new Map<string, ThreadDoor>();
  readonly #threads = new Map<string, { readonly node: NodeId; readonly thread: WorkerThread }>();
  #events: TransportEvents | undefined;

  constructor(node: NodeId, outer: Transport, ports: SwitchPorts) {
    this.#node = node;
    this.#outer = outer;
    this.#ports = ports;
    this.#passage = new OuterPassage({
      sendOut: (to, envelope) => outer.send(to, envelope),
      sendIn: (thread, from, envelope) => {
        this.#threads.get(thread.name)?.thread.line.send(from, envelope);
      },
    });
  }

  /** Where messages for this node go; fails with `unavailable` before `start`. */
  get events(): TransportEvents {
    if (this.#events) return this.#events;
    throw new Failure("unavailable", "no thread can begin before system.start()");
  }

  // ---- Transport

  get bounds(): readonly BoundState[] {
    let posted = 0;
    for (const { thread } of this.#threads.values()) {
      posted = Math.max(posted, thread.line.unreceivedCount);
    }
    let handed = 0;
    for (const door of this.#doors.values()) handed = Math.max(handed, door.handedCount);
    const levels = { threadMessagesMax: posted, threadWindowDefault: handed };
    const own = this.#ports.bounds.states(threadBounds, levels);
    return [...own, ...(this.#outer.bounds ?? [])];
  }

  /** Hot: W5. */
  send(to: NodeId, envelope: Envelope): SendOutcome {
    return (
      (this.#doors.size === 0 ? undefined : this.#doors.get(to.name)?.send(envelope)) ??
      this.#intoThread(this.#node, to, envelope) ??
      this.#sendOut(to, envelope)
    );
  }

  /** Nobody else gives a node the name of a thread: where none is known, it may have been one. */
  #sendOut(to: NodeId, envelope: Envelope): SendOutcome {
    const outcome = this.#outer.send(to, envelope);
    return outcome === "not_found" && isThreadOf(this.#node, to) ? "node_down" : outcome;
  }

  start(events: TransportEvents): Promise<void> {
    this.#events = events;
    return this.#outer.start({
      deliver: (from, envelope, bytes) =>
        this.#passage.arrived(from, envelope) ? "taken" : events.deliver(from, envelope, bytes),
      nodeDown: (node, lost) => {
        this.#passage.nodeDown(node);
        events.nodeDown(node, lost);
        for (const { thread } of this.#threads.values()) thread.nodeDown(node);
      },
      nodeUp: (node) => {
        events.nodeUp(node);
        for (const { thread } of this.#threads.values()) thread.nodeUp(node);
      },
      refused: (by, reason) => events.refused(by, reason),
      congested: (node, isCongested) => events.congested(node, isCongested),
      introduction: () => events.introduction(),
      introduced: (node, introduction) => events.introduced(node, introduction),
    });
  }

  released(from: NodeId, messages: number, bytes: number): void {
    if (!isThreadOf(this.#node, from)) this.#outer.released(from, messages, bytes);
  }

  stop(deadlineMs: number): Promise<void> {
    return this.#outer.stop(deadlineMs);
  }

  // ---- doors and threads

  addDoor(door: ThreadDoor): void {
    this.#doors.set(door.node.name, door);
  }

  removeDoor(door: ThreadDoor): void {
    this.#doors.delete(door.node.name);
  }

  joined(node: NodeId, thread: WorkerThread): void {
    this.#threads.set(node.name, { node, thread });
  }

  /** Its actors are gone: whoever waits for them or watches them hears it. */
  left(node: NodeId): void {
    const known = this.#threads.get(node.name);
    if (known === undefined || !isSameNode(known.node, node)) return;
    this.#threads.delete(node.name);
    this.#passage.threadGone(node);
    this.events.nodeDown(node, []);
    for (const { thread } of this.#threads.values()) thread.nodeDown(node);
  }

  /** An item that a thread has sent. */
  arrived(from: NodeId, { node: to, envelope }: PortItem): void {
    if (to.name === this.#node.name && isAnyOrSame(to, this.#node)) {
      this.events.deliver(from, envelope, 0);
      return;
    }
    const outcome =
      this.#intoThread(from, to, envelope) ??
      (isThreadOf(this.#node, to) ? "node_down" : this.#passage.out(from, to, envelope));
    if (outcome !== "accepted") this.#bounce(from, to, envelope, outcome);
  }

  #intoThread(from: NodeId, to: NodeId, envelope: Envelope): SendOutcome | undefined {
    const known = this.#threads.size === 0 ? undefined : this.#threads.get(to.name);
    if (known === undefined) return undefined;
    if (!isAnyOrSame(to, known.node)) return "node_down";
    return known.thread.line.send(from, envelope);
  }

  /** What a thread has sent in vain fails there, as if a link had said so. */
  #bounce(
    from: NodeId,
    to: NodeId,
    envelope: Envelope,
    why: Exclude<SendOutcome, "accepted">,
  ): void {
    const back = this.#threads.get(from.name)?.thread.line;
    if (envelope.kind === "ask") {
      const failure = new Failure(why, `${envelope.method} did not reach ${to.name}: ${why}`);
      const { correlation } = envelope;
      back?.send(to, { kind: "refusal", correlation, failure: failure.toData() });
    } else if (envelope.kind === "watch") {
      const exit = { kind: "node-down", node: to.name } as const;
      back?.send(to, { kind: "terminated", watcher: envelope.watcher, to: envelope.to, exit });
    } else if (envelope.kind === "tell") {
      this.#ports.undelivered(to, envelope, why);
    }
  }
}

/** Names of this node's threads and doors; namePattern allows the dot, and no node is named so. */
export const threadName = (parent: NodeId, what: "door" | "thread", number: number): string =>
  `${parent.name}.${what}-${number}`;

const isThreadOf = (parent: NodeId, node: NodeId): boolean =>
  node.name.length > parent.name.length &&
  node.name.startsWith(parent.name) &&
  (node.name.startsWith(".thread-", parent.name.length) ||
    node.name.startsWith(".door-", parent.name.length));

const isAnyOrSame = (meant: NodeId, node: NodeId): boolean =>
  meant.incarnation === 0 || isSameNode(meant, node);
