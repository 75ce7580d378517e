// The moment from which an actor may not go on: its store refused a write, so what it believes and
// what is kept may differ. The actor crashes, even if its handler would swallow the failure.
import type { Failure } from "#protocols/failure.ts";

/** The part of a context that a loss needs, whatever the actor's protocol. */
export interface CrashPort {
  pipe(promise: Promise<never>, onValue: string): void;
}

export class StoreLoss {
  #failure: Failure | undefined;
  #reject: (failure: Failure) => void = () => {};

  /** A promise that only ever rejects, piped without a place for failures, crashes its actor. */
  constructor(context: CrashPort) {
    const lost = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    context.pipe(lost, "never");
  }

  /** Set once; then nothing more may be kept by this instance. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  declare(failure: Failure): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#reject(failure);
  }
}
