// A singleton that writes by itself, every few milliseconds, to a ledger on another node, which
// refuses whoever has a lower fence than it has seen.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import type { Fenced } from "#runtime/cluster/names/singleton.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";

export interface Line {
  readonly node: string;
  readonly fence: number;
  readonly told: string;
}

export interface FencedLedger {
  /** Fails with `lease_lost` when a higher fence has written. */
  write(line: Line): Ack;
  accepted(): readonly Line[];
  refused(): readonly Line[];
}
export const FencedLedger = protocol<FencedLedger>("test.FencedLedger@1", {
  write: ask,
  accepted: ask,
  refused: ask,
});

export class FencedLedgerActor extends Actor<FencedLedger> implements Handlers<FencedLedger> {
  static readonly protocol = FencedLedger;
  readonly #accepted: Line[] = [];
  readonly #refused: Line[] = [];
  #highest = 0;

  write(line: Line): Ack {
    if (line.fence < this.#highest) {
      this.#refused.push(line);
      throw reply(new Failure("lease_lost", `${line.fence} is behind ${this.#highest}`));
    }
    this.#highest = line.fence;
    this.#accepted.push(line);
    return ack;
  }

  accepted(): readonly Line[] {
    return this.#accepted;
  }

  refused(): readonly Line[] {
    return this.#refused;
  }
}

export interface Pulse {
  say(text: string): string;
  beat(): void;
}
export const Pulse = protocol<Pulse>("test.Pulse@1", { say: ask, beat: tell });

export interface PulseArguments extends Fenced {
  readonly ledger: Ref<FencedLedger>;
  /** Told when it begins and when it has ended. */
  readonly note: (what: string) => void;
}

export class PulseActor extends Actor<Pulse, PulseArguments> implements Handlers<Pulse> {
  static readonly protocol = Pulse;
  static initial = (args: PulseArguments): PulseArguments => args;

  override start(): void {
    this.state.note(`began ${this.state.fence}`);
    this.ctx.every(15, "beat");
  }

  override stopped(): void {
    this.state.note(`ended ${this.state.fence}`);
  }

  beat(): void {
    this.#write("beat");
  }

  say(text: string): string {
    this.#write(text);
    return this.ctx.node.name;
  }

  override terminated(_ref: AnyRef): void {}

  #write(told: string): void {
    const { fence, ledger } = this.state;
    ledger.write({ node: this.ctx.node.name, fence, told }).catch(() => {});
  }
}
