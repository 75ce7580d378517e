// Promises whose outcome an actor instance wants as a message. They cannot be called back: a message
// that comes when the instance has ended is dropped and counted.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { crashOf } from "./hooks.ts";
import type { Householder } from "./household.ts";
import { buryOwn } from "./leftovers.ts";
import type { Origin } from "./origin.ts";

/** The methods that take what a promise comes to. */
export interface PipeMethods {
  readonly onValue: string;
  /** Undefined: the actor crashes. */
  readonly onFailure: string | undefined;
}

export class Pipes {
  readonly #cell: Householder;
  #isAlive = true;

  constructor(cell: Householder) {
    this.#cell = cell;
  }

  /** The instance has ended. */
  end(): void {
    this.#isAlive = false;
  }

  add(promise: Promise<unknown>, methods: PipeMethods, origin: Origin | undefined): void {
    const { ownHousehold } = this.#cell;
    if (ownHousehold.pipesPending >= limits.pipesPendingMax) {
      this.#cell.kind.host.counts.bounds.reached("pipesPendingMax");
      const text = `${this.#cell.path} waits for ${limits.pipesPendingMax} piped promises already`;
      throw new Failure("mailbox_full", `${text}; do less at once`);
    }
    ownHousehold.pipesPending += 1;
    promise.then(
      (value) => this.#deliver(methods.onValue, value, origin),
      (error: unknown) => this.#failed(error, methods, origin),
    );
  }

  #deliver(method: string, argument: unknown, origin: Origin | undefined): void {
    this.#cell.ownHousehold.pipesPending -= 1;
    if (this.#isAlive) this.#cell.acceptOwn(method, [argument], origin);
    else buryOwn(this.#cell, method, 1);
  }

  #failed(error: unknown, { onValue, onFailure }: PipeMethods, origin: Origin | undefined): void {
    const failure = crashOf(error, `a promise piped to ${onValue}`);
    if (onFailure !== undefined || !this.#isAlive) {
      this.#deliver(onFailure ?? onValue, failure.toData(), origin);
      return;
    }
    this.#cell.ownHousehold.pipesPending -= 1;
    this.#cell.ownHousehold.life.crash(failure, "a piped promise");
  }
}
