// An actor of each node of a simulated cluster that never stops to write: to each nomad that it was told
// of it sends a numbered note every time, and asks it to keep one more now and then.
import type { Ref } from "#protocols/actor-ref.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";
import { journalKey } from "./clerk-actor.ts";
import type { Nomad } from "./nomad-actor.ts";
import { recorded } from "./office-steps.ts";

export interface Herald {
  meet(nomad: Ref<Nomad>): void;
}
export const Herald = protocol<Herald>("simulation.Herald@1", { meet: tell });

export interface HeraldArguments {
  /** In the simulation's own time: it writes often until then, and seldom until it falls silent. */
  readonly oftenUntilMs: number;
  readonly untilMs: number;
}

interface HeraldState extends HeraldArguments {
  readonly nomads: Ref<Nomad>[];
  rounds: number;
}

interface Own {
  write(): void;
}

const oftenMs = 10;
const seldomMs = 250;
const keptEvery = 4;

export class HeraldActor extends Actor<Herald, HeraldState, Own> implements Handlers<Herald> {
  static readonly protocol = Herald;
  static initial = (terms: HeraldArguments): HeraldState => ({ ...terms, nomads: [], rounds: 0 });

  override start(): void {
    this.write();
  }

  meet(nomad: Ref<Nomad>): void {
    this.state.nomads.push(nomad);
  }

  write(): void {
    const { host, numbers } = this.ctx.use(journalKey);
    if (host.now() > this.state.untilMs) return;
    const ms = host.now() > this.state.oftenUntilMs ? seldomMs : oftenMs;
    this.ctx.after({ ms, key: "write" }, "write");
    this.state.rounds += 1;
    for (const nomad of this.state.nomads) {
      const numbered = numbers.next(`${referenceKey(this.ctx.self)} to ${referenceKey(nomad)}`);
      host.record({ kind: "sent", ...numbered });
      nomad.note(numbered);
      if (this.state.rounds % keptEvery === 0) {
        recorded(host, () => nomad.$.with({ within: 3_000 }).keep());
      }
    }
  }
}
