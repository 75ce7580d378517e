// The moment from which an actor may not go on: its store refused a write, so what it believes and
// what is kept may differ. The actor crashes, even if its handler would swallow the failure.
import type { Failure } from "#protocols/failure.ts";

/** The part of a context that a loss needs, whatever the actor's protocol. */
export interface CrashPort {
  pipe(promise: Promise<never>, onValue: string): void;
}

export class StoreLoss {
  readonly #context: CrashPort;
  #failure: Failure | undefined;

  constructor(context: CrashPort) {
    this.#context = context;
  }

  /** Set once; then nothing more may be kept by this instance. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** A promise that is rejected, piped without a place for failures, crashes the actor. */
  declare(failure: Failure): void {
    if (this.#failure) return;
    this.#failure = failure;
    const lost = Promise.reject(failure);
    lost.catch(() => {});
    try {
      this.#context.pipe(lost, "never");
    } catch {
      // An instance that has ended has nothing to crash; one with too many pipes meets the failure
      // when it next keeps something.
    }
  }
}
