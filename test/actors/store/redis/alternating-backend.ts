// Two stores on one Redis that take turns: of every two calls each gets one, so that neither ever knows
// of itself what happened last.
import type { StoreBackend, StoreCommand, StoreValue } from "#actors/store/backend.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";

export class AlternatingBackend implements StoreBackend {
  readonly lost: Promise<never>;
  readonly #one: StoreBackend;
  readonly #two: StoreBackend;
  #callsTotal = 0;

  constructor(one: StoreBackend, two: StoreBackend) {
    this.#one = one;
    this.#two = two;
    this.lost = Promise.race([one.lost, two.lost]);
    this.lost.catch(() => {});
  }

  get info(): StoreInfo {
    return this.#one.info;
  }

  call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    this.#callsTotal += 1;
    return (this.#callsTotal % 2 === 0 ? this.#one : this.#two).call(command);
  }

  async close(): Promise<void> {
    await Promise.all([this.#one.close(), this.#two.close()]);
  }
}
