// The keyed actor of the keyed scenario: takes numbered notes, and says of all it does by which fence.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import type { Keyed } from "#runtime/cluster/keyed/keyed.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Numbered } from "#runtime/testkit/simulation/numbered.ts";
import { journalKey } from "./clerk-actor.ts";

export interface Vault {
  note(numbered: Numbered): void;
  /** Answers the fence of whoever is the owner now. */
  fence(): number;
  /** As `fence`, some time later. */
  slowly(ms: number): number;
  crash(): void;
  retire(): void;
}
export const Vault = protocol<Vault>("simulation.Vault@1", {
  note: tell,
  fence: ask(),
  slowly: ask(),
  crash: tell,
  retire: tell,
});

export class VaultActor extends Actor<Vault, Keyed> implements Handlers<Vault> {
  static readonly protocol = Vault;
  static initial = (args: Keyed): Keyed => args;

  override start(): void {
    this.#record("owned");
  }

  override stopped(): void {
    this.#record("yielded");
  }

  note(numbered: Numbered): void {
    this.#record("acted");
    const { fence, key } = this.state;
    this.#host.record({ kind: "handled", ...numbered, receiver: `${key} by ${fence}` });
  }

  fence(): number {
    this.#record("acted");
    return this.state.fence;
  }

  async slowly(ms: number): Promise<number> {
    await this.ctx.sleep(ms);
    return this.fence();
  }

  crash(): void {
    throw new Error("told to crash");
  }

  retire(): void {
    this.ctx.stop(undefined, { pending: "drain" });
  }

  #record(kind: "owned" | "acted" | "yielded"): void {
    const { fence, key } = this.state;
    this.#host.record({ kind, name: key, fence });
  }

  get #host(): SimulatedHost {
    return this.ctx.use(journalKey).host;
  }
}
