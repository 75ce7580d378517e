// Watches whether anybody can run what a batch waits for: a model that is unloaded in the middle leaves
// its tasks waiting for as long as nobody loads it again.
import { Failure } from "#protocols/failure.ts";
import type { GatewayClient } from "../gateway-client.ts";

/** Of a model that no worker offers; a worker that is started anew is back sooner. */
export const unofferedMsMax = 60_000;
/** All lanes of a batch share a look. */
const lookEveryMs = 10_000;

export class OfferedModels {
  readonly #client: Pick<GatewayClient, "status">;
  readonly #models: readonly string[];
  readonly #now: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #missing: { readonly model: string; readonly sinceMs: number } | undefined;

  /** `models`: each is needed. */
  constructor(client: Pick<GatewayClient, "status">, models: readonly string[], now: () => number) {
    this.#client = client;
    this.#models = models;
    this.#now = now;
  }

  /** Nobody has offered one of them for so long that waiting is in vain. */
  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  get #gone(): string | undefined {
    const missing = this.#missing;
    const isOver = missing !== undefined && this.#now() - missing.sinceMs >= unofferedMsMax;
    return isOver ? missing.model : undefined;
  }

  /** Fails with `unavailable` when one is gone. A cluster that does not answer says nothing of it. */
  async confirm(): Promise<void> {
    if (this.#now() - this.#lookedMs >= lookEveryMs) await this.#look();
    const model = this.#gone;
    if (model === undefined) return;
    const what = `no worker has offered the model ${model} for ${unofferedMsMax / 1_000} s`;
    const remedy = `load it (troupe models load ${model}) or start a worker that has it`;
    throw new Failure("unavailable", `${what}: ${remedy}, and run this again`);
  }

  async #look(): Promise<void> {
    this.#lookedMs = this.#now();
    const status = await this.#client.status().catch(() => undefined);
    if (!status?.models || status.queue === null) return;
    const { models } = status;
    const model = this.#models.find((name) => !models.includes(name));
    if (model === undefined) this.#missing = undefined;
    else if (this.#missing?.model !== model) this.#missing = { model, sinceMs: this.#now() };
  }
}
