// Backpressure from other nodes. Whoever sends to where nothing more can go pauses, as for a full
// mailbox of his own node (`gate.ts`):
//
//   a link         more than half of what it takes waits already; until little does
//   an actor       it said that its mailbox is full; until it says that there is room
//
// Two that wait for each other over two nodes do not know it, so no pause is for ever: after
// `remotePauseMsMax` the senders go on, and what they send is bounded by the link.
import { type Address, formatNode, type NodeId } from "#protocols/address.ts";
import type { Target } from "#protocols/envelope.ts";
import { limits } from "#protocols/limits.ts";
import type { BoundCounts } from "./bounds.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Running } from "./focus.ts";
import { Gate, type Gated } from "./gate.ts";
import type { Clock } from "./ports.ts";
import type { TimerQueue } from "./timer-queue.ts";

export interface GatePorts {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly dispatcher: Dispatcher;
  readonly bounds: BoundCounts;
}

class RemoteGate implements Gated {
  readonly gate: Gate = new Gate(this);
  readonly #dispatcher: Dispatcher;
  isOpen = false;
  untilMs = 0;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  get room(): number {
    return this.isOpen ? Number.POSITIVE_INFINITY : 0;
  }

  get identity(): unknown {
    return this;
  }

  // It stands for somebody else, and never pauses itself.
  paused(): void {}
  unpaused(): void {}

  afterPass(call: () => void): void {
    this.#dispatcher.afterPass(call);
  }

  open(): void {
    this.isOpen = true;
    this.gate.letIn();
  }
}

export class RemoteGates {
  readonly #ports: GatePorts;
  /** Those that are shut, by node or by node and actor. */
  readonly #shut = new Map<string, RemoteGate>();

  constructor(ports: GatePorts) {
    this.#ports = ports;
  }

  /** Whether nobody has to pause for anything. */
  get isEmpty(): boolean {
    return this.#shut.size === 0;
  }

  /** Links and actors that senders wait for. */
  get count(): number {
    return this.#shut.size;
  }

  /** Senders and outsiders that wait. */
  get waitingCount(): number {
    let count = 0;
    for (const { gate } of this.#shut.values()) count += gate.waitingCount;
    return count;
  }

  /** Somebody has sent there: he pauses if that is shut. */
  passed(sender: Running | undefined, to: Address): void {
    if (this.#shut.size === 0 || sender === undefined) return;
    const gate = this.#gateBefore(to);
    if (gate) sender.pauseFor(gate);
  }

  /** Settles when messages may go there; fails with `cancelled` by the signal. */
  room(to: Address, signal: AbortSignal | undefined): Promise<void> {
    return this.#gateBefore(to)?.gate.room(signal) ?? Promise.resolve();
  }

  linkShut(peer: NodeId): void {
    this.#shutAt(linkKey(peer));
  }

  linkOpened(peer: NodeId): void {
    this.#openAt(linkKey(peer));
  }

  /** `ms`: at most so long, and it is no bound that is reached then. */
  actorShut(node: NodeId, { uid, path }: Target, ms?: number): void {
    this.#shutAt(actorKey({ node, uid, path }), ms);
  }

  actorOpened(node: NodeId, { uid, path }: Target): void {
    this.#openAt(actorKey({ node, uid, path }));
  }

  nodeDown(node: NodeId): void {
    const own = `${formatNode(node)}/`;
    for (const key of [...this.#shut.keys()]) {
      if (key.startsWith(own) || key === linkKey(node)) this.#openAt(key);
    }
  }

  #gateBefore(to: Address): RemoteGate | undefined {
    return this.#shut.get(linkKey(to.node)) ?? this.#shut.get(actorKey(to));
  }

  #shutAt(key: string, ms: number = limits.remotePauseMsMax): void {
    const { bounds, clock, dispatcher } = this.#ports;
    const untilMs = clock.now() + Math.min(ms, limits.remotePauseMsMax);
    const known = this.#shut.get(key);
    if (known) {
      known.untilMs = Math.max(known.untilMs, untilMs);
      return;
    }
    if (this.#shut.size >= limits.remoteGatesMax) {
      bounds.reached("remoteGatesMax");
      return;
    }
    const gate = new RemoteGate(dispatcher);
    this.#shut.set(key, gate);
    gate.untilMs = untilMs;
    this.#openLater(key, gate, ms);
  }

  #openLater(key: string, gate: RemoteGate, ms: number): void {
    const { bounds, clock, timers } = this.#ports;
    const { untilMs } = gate;
    timers.set(untilMs, () => {
      if (this.#shut.get(key) !== gate) return;
      // Meanwhile it was told to wait longer.
      if (gate.untilMs > untilMs) this.#openLater(key, gate, gate.untilMs - clock.now());
      else {
        if (ms >= limits.remotePauseMsMax) bounds.reached("remotePauseMsMax");
        this.#openAt(key);
      }
    });
  }

  #openAt(key: string): void {
    const gate = this.#shut.get(key);
    this.#shut.delete(key);
    gate?.open();
  }
}

const linkKey = ({ name }: NodeId): string => `link ${name}`;
const actorKey = ({ node, uid, path }: Address): string =>
  `${formatNode(node)}/${uid === 0 ? path : uid}`;
