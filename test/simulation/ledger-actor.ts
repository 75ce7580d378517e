// The singleton of the cluster scenario: takes numbered notes, and says of all it does by which fence.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import type { Fenced } from "#runtime/cluster/names/singleton.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";
import type { Numbered } from "#runtime/testkit/simulation/numbered.ts";
import { journalKey } from "./clerk-actor.ts";

export const ledgerName = "ledger";

export interface Ledger {
  note(numbered: Numbered): void;
  /** Answers the fence of whoever is the owner now. */
  fence(): number;
  crash(): void;
  /** Gives the ledger up; some node takes it up again. */
  retire(): void;
}
export const Ledger = protocol<Ledger>("simulation.Ledger@1", {
  note: tell,
  fence: ask(),
  crash: tell,
  retire: tell,
});

interface Own {
  beat(): void;
}

const beatMs = 200;

export class LedgerActor extends Actor<Ledger, Fenced, Own> implements Handlers<Ledger & Own> {
  static readonly protocol = Ledger;
  static initial = (args: Fenced): Fenced => args;

  override start(): void {
    this.#record("owned");
    this.ctx.every(beatMs, "beat");
  }

  override stopped(): void {
    this.#record("yielded");
  }

  note(numbered: Numbered): void {
    this.#record("acted");
    this.#host.record({ kind: "handled", ...numbered, receiver: referenceKey(this.ctx.self) });
  }

  fence(): number {
    this.#record("acted");
    return this.state.fence;
  }

  beat(): void {
    if (!this.#host.session.isSafe) {
      this.#host.record({ kind: "fact", name: "stale act", about: ledgerName });
    }
    this.#record("acted");
  }

  crash(): void {
    throw new Error("told to crash");
  }

  retire(): void {
    this.ctx.stop();
  }

  #record(kind: "owned" | "acted" | "yielded"): void {
    this.#host.record({ kind, name: ledgerName, fence: this.state.fence });
  }

  get #host(): SimulatedHost {
    return this.ctx.use(journalKey).host;
  }
}
