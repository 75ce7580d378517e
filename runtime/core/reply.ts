// The open end of an ask: where the answer goes, whether it is still wanted, and for how long.
import type { Failure } from "#protocols/failure.ts";

/** Somebody who works on an ask and wants to know when nobody waits for the answer any more. */
export interface Withdrawable {
  withdraw(): void;
}

export interface Reply {
  /** False once answered or given up: whoever still works on it may stop. */
  readonly isOpen: boolean;
  /** On the node's own `Clock.now`. */
  readonly deadlineMs: number;
  /** What the asking node told of the handlers that wait for this answer. */
  readonly chain: readonly string[] | undefined;
  succeed(value: unknown): void;
  refuse(failure: Failure): void;
  /** Told once if the asker gives up before an answer; set by whoever works on it. */
  worker: Withdrawable | undefined;
}

/** Thrown by a handler to refuse an ask without crashing; made by `reply`. */
export class Refusal {
  readonly failure: Failure;
  constructor(failure: Failure) {
    this.failure = failure;
  }
}

/** The failure that a handler refused with; undefined when it threw anything else. */
export function refusalIn(thrown: unknown): Failure | undefined {
  try {
    return thrown instanceof Refusal ? thrown.failure : undefined;
  } catch {
    // A proxy may throw when it is looked at.
    return undefined;
  }
}

/** `throw reply(new Failure("queue_full", …))` answers the ask with that failure; no crash. */
export const reply = (failure: Failure): Refusal => new Refusal(failure);
