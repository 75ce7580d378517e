// Backpressure between actors of one node. An actor that has sent to a full mailbox pauses: it takes
// no further message until that mailbox has room. Outsiders await the same with `room`. Whoever waits
// goes on in turn, as many at a time as there is room for:
//
//   waiting ──► let in, as room is left for each ──► sends, or does not
//      ▲                                               │
//      └──── the next ones, a pass of the loop later ──┘
//
// Two that wait for each other would wait for ever, so nobody pauses for an actor that waits for him
// itself (`pause-graph.ts`). What is sent then goes into the mailbox all the same, up to its hard bound.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { BoundName } from "./bounds.ts";
import { isWaitingFor } from "./pause-graph.ts";

/** An actor that can pause and be paused for. */
export interface Gated {
  readonly gate: Gate;
  /** Messages that still fit. */
  readonly room: number;
  /** By which the asks name it. */
  readonly identity: unknown;
  /** It may go on. */
  unpaused(): void;
  paused(): void;
  /** One of its bounds has given its answer, for whoever counts that. */
  reached?(bound: BoundName): void;
  /** Calls back when everybody had a chance to go on. */
  afterPass(call: () => void): void;
}

export class Gate {
  readonly #owner: Gated;
  #pausedFor: Gated | undefined;
  #forgetPause: () => void = () => {};
  readonly #waiting = new Set<() => void>();
  /** Let in during this pass: room is left for each. */
  #expected = 0;
  #isLooking = false;

  constructor(owner: Gated) {
    this.#owner = owner;
  }

  get isPaused(): boolean {
    return this.#pausedFor !== undefined;
  }

  get pausedFor(): Gated | undefined {
    return this.#pausedFor;
  }

  /** Senders and outsiders that wait for room here. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  pause(target: Gated): void {
    if (this.#pausedFor !== undefined || target === this.#owner) return;
    if (isWaitingFor(target.identity, this.#owner.identity)) return;
    this.#pausedFor = target;
    this.#owner.paused();
    this.#forgetPause = target.gate.#whenRoom(() => this.unpause());
  }

  /** Waits for nobody any more. */
  unpause(): void {
    if (this.#pausedFor === undefined) return;
    this.#pausedFor = undefined;
    this.#forgetPause();
    this.#owner.unpaused();
  }

  /**
   * Settles when there is room, or the actor has ended; fails with `cancelled` by the signal, and with
   * `mailbox_full` when `limits.roomAwaitedMax` wait already.
   */
  room(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(cancelled());
    if (this.#waiting.size >= limits.roomAwaitedMax) return Promise.reject(this.#tooMany());
    return new Promise((resolve, reject) => {
      const forget = this.#whenRoom(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      const abort = (): void => {
        forget();
        reject(cancelled());
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.letIn();
    });
  }

  /** As many go on as there is room for: called when a message was taken out. */
  letIn(): void {
    for (const call of this.#waiting) {
      if (this.#owner.room <= this.#expected) break;
      this.#expected += 1;
      this.#waiting.delete(call);
      call();
    }
    if (this.#isLooking || this.#expected === 0) return;
    this.#isLooking = true;
    this.#owner.afterPass(() => {
      this.#isLooking = false;
      this.#expected = 0;
      this.letIn();
    });
  }

  /** The actor has ended: it waits for nobody, and nobody for it. */
  end(): void {
    this.unpause();
    for (const call of [...this.#waiting]) {
      this.#waiting.delete(call);
      call();
    }
  }

  #tooMany(): Failure {
    this.#owner.reached?.("roomAwaitedMax");
    const text = `${this.#waiting.size} wait for room in that mailbox already`;
    return new Failure("mailbox_full", `${text}; let fewer send at once, and each await its own`);
  }

  #whenRoom(call: () => void): () => void {
    this.#waiting.add(call);
    return () => {
      this.#waiting.delete(call);
    };
  }
}

const cancelled = (): Failure => new Failure("cancelled", "nobody waits for room any more");
