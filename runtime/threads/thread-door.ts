// Where an actor hands its messages to the thread that does its work. The door stays while threads
// come and go: what a lost thread had not begun is handed to the next one, in order.
//
//   mailbox ─► door ─window─► thread          begun: leaves the ledger, room for the next
//               ledger: handed over, not begun
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { BoundCounts } from "#runtime/core/bounds.ts";
import type { DeadLetters } from "#runtime/core/dead-letters.ts";
import type { Clock, SendOutcome, TransportEvents } from "#runtime/core/ports.ts";
import type { WorkerThread } from "./worker-thread.ts";

export type Handed = Extract<Envelope, { kind: "tell" | "ask" }>;

export interface DoorPorts {
  /** The actor that the door belongs to. */
  readonly owner: Address;
  readonly clock: Clock;
  readonly deadLetters: DeadLetters;
  readonly events: TransportEvents;
  readonly bounds: BoundCounts;
}

interface Entry {
  readonly envelope: Handed;
  readonly atMs: number;
}

export class ThreadDoor {
  readonly node: NodeId;
  /** Messages that may be handed over and not begun. */
  readonly window: number;
  readonly #ports: DoorPorts;
  readonly #ledger = new Map<number, Entry>();
  /** Asks that are not answered, with their numbers. */
  readonly #open = new Map<number, number>();
  #thread: WorkerThread | undefined;
  #last = 0;
  #begun = 0;
  #whenRoom: (() => void) | undefined;

  constructor(node: NodeId, window: number, ports: DoorPorts) {
    this.node = node;
    this.window = window;
    this.#ports = ports;
  }

  get begunCount(): number {
    return this.#begun;
  }

  /** Messages handed over and not begun. */
  get handedCount(): number {
    return this.#ledger.size;
  }

  get hasRoom(): boolean {
    return this.#ledger.size < this.window;
  }

  /** Settles when there is room; fails when the signal is aborted. One caller at a time. */
  room(signal: AbortSignal): Promise<void> {
    this.#ports.bounds.reached("threadWindowDefault");
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#whenRoom = undefined;
        reject(new Failure("cancelled", "nobody waits for room any more"));
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#whenRoom = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      if (signal.aborted) abort();
      else this.#tellRoom();
    });
  }

  // ---- the threads

  /** This thread does the work from now on, first what the one before has left. */
  open(thread: WorkerThread): void {
    this.#thread = thread;
    for (const [number, entry] of this.#ledger) this.#handAgain(thread, number, entry);
  }

  /** The thread ends: what it has begun and not answered fails, the rest waits for the next. */
  closed(failure: Failure): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    this.begun(thread.begunSince(this.#begun));
    for (const [correlation, number] of [...this.#open]) {
      if (!this.#ledger.has(number)) this.#refuse(correlation, failure);
    }
  }

  /** The actor has ended: nobody is going to handle what is left. */
  end(): void {
    const left = [...this.#ledger.values()];
    this.#ledger.clear();
    const failure = new Failure("actor_stopped", "the actor ended before it began the message");
    for (const { envelope } of left) this.#bury(envelope, failure);
    for (const correlation of [...this.#open.keys()]) this.#refuse(correlation, failure);
    this.#tellRoom();
  }

  // ---- messages

  /** Fails with `invalid` when the message cannot cross. */
  send(envelope: Envelope): SendOutcome {
    if (envelope.kind === "cancel") {
      this.#cancel(envelope.correlation);
      return "accepted";
    }
    if (envelope.kind !== "tell" && envelope.kind !== "ask") return "not_found";
    this.#last += 1;
    const number = this.#last;
    // Before it is handed over: that may end it at once.
    this.#ledger.set(number, { envelope, atMs: this.#ports.clock.now() });
    if (envelope.kind === "ask") this.#open.set(envelope.correlation, number);
    try {
      // Without a thread it is packed when there is one.
      this.#thread?.line.send(this.#ports.owner.node, envelope, number);
      return "accepted";
    } catch (error) {
      if (envelope.kind === "ask") this.#open.delete(envelope.correlation);
      this.#forget(number);
      throw error;
    }
  }

  begun(number: number): void {
    if (number <= this.#begun) return;
    this.#begun = number;
    for (const handed of this.#ledger.keys()) {
      if (handed > number) break;
      this.#ledger.delete(handed);
    }
    this.#tellRoom();
  }

  answered(correlation: number): void {
    const number = this.#open.get(correlation);
    if (number === undefined) return;
    this.#open.delete(correlation);
    this.#forget(number);
  }

  /** The message of that number could not cross after all. */
  lost(number: number, failure: Failure): void {
    const entry = this.#ledger.get(number);
    this.#forget(number);
    if (entry) this.#bury(entry.envelope, failure);
  }

  #cancel(correlation: number): void {
    this.answered(correlation);
    this.#thread?.line.send(this.#ports.owner.node, { kind: "cancel", correlation });
  }

  #handAgain(thread: WorkerThread, number: number, { envelope, atMs }: Entry): void {
    try {
      thread.line.send(this.#ports.owner.node, this.#asOfNow(envelope, atMs), number);
    } catch (error) {
      this.lost(number, Failure.of(error));
    }
  }

  /** With what is left of its time. */
  #asOfNow(envelope: Handed, atMs: number): Handed {
    if (envelope.kind === "tell") return envelope;
    const passedMs = this.#ports.clock.now() - atMs;
    return { ...envelope, remainingMs: Math.max(0, envelope.remainingMs - passedMs) };
  }

  #forget(number: number): void {
    if (this.#ledger.delete(number)) this.#tellRoom();
  }

  #bury(envelope: Handed, failure: Failure): void {
    if (envelope.kind === "ask") this.#refuse(envelope.correlation, failure);
    else {
      const to = formatAddress(this.#ports.owner);
      this.#ports.deadLetters.add({ reason: failure.code, to, method: envelope.method });
    }
  }

  #refuse(correlation: number, failure: Failure): void {
    if (!this.#open.delete(correlation)) return;
    const refusal = { kind: "refusal", correlation, failure: failure.toData() } as const;
    this.#ports.events.deliver(this.node, refusal, 0);
  }

  #tellRoom(): void {
    if (!this.hasRoom) return;
    const call = this.#whenRoom;
    this.#whenRoom = undefined;
    call?.();
  }
}
