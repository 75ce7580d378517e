// A back end whose health is known: a write that the store itself refused is trouble, and it is over
// when a write was kept again. `ping` tells, and tries one while there is trouble, so that a store that
// nobody writes to, because it counts as not ready, is found well again.
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { type Ack, ack } from "#protocols/protocol.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { StoreBackend, StoreCommand, StoreValue } from "./backend.ts";
import { isWrite } from "./perform.ts";

const troubles: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "store_failed",
  "unavailable",
  "unknown_outcome",
]);

/** What is tried while writes are refused: kept, it tells whoever follows the channel. */
const recovery = {
  method: "appendEvents",
  args: [[{ channel: "system", type: "store_recovered", taskId: null, payload: {} }]],
} satisfies StoreCommand;

export class WatchedBackend implements StoreBackend {
  readonly #backend: StoreBackend;
  #trouble: Failure | undefined;
  #attempt: Promise<Ack> | undefined;

  constructor(backend: StoreBackend) {
    this.#backend = backend;
  }

  get info(): StoreInfo {
    return this.#backend.info;
  }

  get lost(): Promise<never> {
    return this.#backend.lost;
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    if (command.method === "ping" && this.#trouble) await this.#tryToWrite();
    try {
      return await this.#backend.call(command);
    } catch (cause) {
      if (isWrite(command)) this.#note(Failure.of(cause));
      throw cause;
    }
  }

  close(): Promise<void> {
    return this.#backend.close();
  }

  #note(failure: Failure): void {
    if (troubles.has(failure.code)) this.#trouble = failure;
  }

  /** One attempt at a time, however many ask. Fails with what it met. */
  #tryToWrite(): Promise<Ack> {
    this.#attempt ??= this.call(recovery)
      .then(() => {
        this.#trouble = undefined;
        return ack;
      })
      .finally(() => {
        this.#attempt = undefined;
      });
    return this.#attempt;
  }
}
