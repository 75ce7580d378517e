// Backpressure between actors of one node. An actor that has sent to a full mailbox pauses: it takes
// no further message until that mailbox has room. Outsiders await the same with `room`.
//
// Two that wait for each other would wait for ever, so nobody pauses for an actor that is itself
// paused for him, over any number of steps, or that awaits an answer from him. What is sent then
// goes into the mailbox all the same, up to its hard bound.
import { Failure } from "#protocols/failure.ts";
import type { Call } from "./call.ts";

/** An actor that can pause and be paused for. */
export interface Gated {
  readonly gateIfAny: Gate | undefined;
  readonly openCalls: Iterable<Call>;
  readonly hasRoom: boolean;
  readonly gate: Gate;
  /** By which the asks name it. */
  readonly identity: unknown;
  /** It may go on. */
  unpaused(): void;
  paused(): void;
}

export class Gate {
  readonly #owner: Gated;
  #pausedFor: Gated | undefined;
  readonly #waiting: Set<() => void> = new Set();

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
    if (this.#pausedFor !== undefined || this.#wouldDeadlock(target)) return;
    this.#pausedFor = target;
    this.#owner.paused();
    target.gate.whenRoom(() => this.release(target));
  }

  /** No longer waits for that actor. */
  release(target: Gated): void {
    if (this.#pausedFor !== target) return;
    this.#pausedFor = undefined;
    this.#owner.unpaused();
  }

  /** Calls back when there is room, or the actor has ended. Answers how to prevent it. */
  whenRoom(call: () => void): () => void {
    this.#waiting.add(call);
    return () => {
      this.#waiting.delete(call);
    };
  }

  /** Settles when there is room, or the actor has ended; fails with `cancelled` by the signal. */
  room(signal: AbortSignal | undefined): Promise<void> {
    if (this.#owner.hasRoom) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const forget = this.whenRoom(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      const abort = (): void => {
        forget();
        reject(new Failure("cancelled", "nobody waits for room any more"));
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** A message was taken out. */
  taken(): void {
    if (this.#waiting.size === 0 || !this.#owner.hasRoom) return;
    this.open();
  }

  /** Lets everybody go on. */
  open(): void {
    for (const call of [...this.#waiting]) {
      this.#waiting.delete(call);
      call();
    }
  }

  #wouldDeadlock(target: Gated): boolean {
    for (let at: Gated | undefined = target; at; at = at.gateIfAny?.pausedFor) {
      if (at === this.#owner) return true;
    }
    for (const call of target.openCalls) if (call.isAsking(this.#owner.identity)) return true;
    return false;
  }
}
