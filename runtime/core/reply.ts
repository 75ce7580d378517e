// The open end of an ask: where the answer goes, whether it is still wanted, and for how long.
import type { Failure } from "#protocols/failure.ts";

export interface Reply {
  /** False once answered or given up: whoever still works on it may stop. */
  readonly isOpen: boolean;
  /** On the node's own `Clock.now`. */
  readonly deadlineMs: number;
  succeed(value: unknown): void;
  refuse(failure: Failure): void;
  /** Called once if the asker gives up before an answer; set by whoever works on it. */
  onGivenUp: (() => void) | undefined;
}

/** Thrown by a handler to refuse an ask without crashing; made by `reply`. */
export class Refusal {
  readonly failure: Failure;
  constructor(failure: Failure) {
    this.failure = failure;
  }
}

/** `throw reply(new Failure("queue_full", …))` answers the ask with that failure; no crash. */
export const reply = (failure: Failure): Refusal => new Refusal(failure);
