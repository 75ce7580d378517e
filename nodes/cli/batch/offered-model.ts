// Watches whether anybody can run what a batch waits for: a model that is unloaded in the middle leaves
// its tasks waiting for as long as nobody loads it again.
import { Failure } from "#protocols/failure.ts";
import type { GatewayClient } from "../gateway-client.ts";

/** Of a model that no worker offers; a worker that is started anew is back sooner. */
export const unofferedMsMax = 60_000;
/** All lanes of a batch share a look. */
const lookEveryMs = 10_000;

export class OfferedModel {
  readonly #client: Pick<GatewayClient, "status">;
  readonly #model: string;
  readonly #now: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #missingSinceMs: number | undefined;

  constructor(client: Pick<GatewayClient, "status">, model: string, now: () => number) {
    this.#client = client;
    this.#model = model;
    this.#now = now;
  }

  /** Nobody has offered it for so long that waiting is in vain. */
  get isGone(): boolean {
    const since = this.#missingSinceMs;
    return since !== undefined && this.#now() - since >= unofferedMsMax;
  }

  /** Fails with `unavailable` when it is gone. A cluster that does not answer says nothing of it. */
  async confirm(): Promise<void> {
    if (this.#now() - this.#lookedMs >= lookEveryMs) await this.#look();
    if (!this.isGone) return;
    const what = `no worker has offered the model ${this.#model} for ${unofferedMsMax / 1_000} s`;
    const remedy = `load it (troupe models load ${this.#model}) or start a worker that has it`;
    throw new Failure("unavailable", `${what}: ${remedy}, and run this again`);
  }

  async #look(): Promise<void> {
    this.#lookedMs = this.#now();
    const status = await this.#client.status().catch(() => undefined);
    if (!status?.models || status.queue === null) return;
    if (status.models.includes(this.#model)) this.#missingSinceMs = undefined;
    else this.#missingSinceMs ??= this.#now();
  }
}
