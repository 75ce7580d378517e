// A keyed actor for tests over processes: it has each number written down by a ledger on another node
// before it takes the next, and the ledger refuses whoever has a lower fence than it has seen.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import type { Keyed } from "#runtime/cluster/keyed/keyed.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";

export interface Receipt {
  readonly key: string;
  readonly fence: number;
  readonly node: string;
  readonly number: number;
}

export interface TillLedger {
  /** Fails with `lease_lost` when a higher fence has written. */
  write(receipt: Receipt): Ack;
}
export const TillLedger = protocol<TillLedger>("test.TillLedger@1", {
  write: ask({ within: 20_000 }),
});

export class TillLedgerActor extends Actor<TillLedger> implements Handlers<TillLedger> {
  static readonly protocol = TillLedger;
  static readonly accepted: Receipt[] = [];
  static readonly refused: Receipt[] = [];
  readonly #fences = new Map<string, number>();

  write(receipt: Receipt): Ack {
    const { fence, key } = receipt;
    if (fence < (this.#fences.get(key) ?? 0)) {
      TillLedgerActor.refused.push(receipt);
      throw reply(
        new Failure("lease_lost", `${key} has a newer owner; this one should have ended`),
      );
    }
    this.#fences.set(key, fence);
    TillLedgerActor.accepted.push(receipt);
    return ack;
  }
}

export interface Till {
  take(number: number): void;
  /** Answers the node that it lives on. */
  taken(number: number): string;
}
export const Till = protocol<Till>("test.Till@1", { take: tell, taken: ask });

export interface TillArguments extends Keyed {
  readonly ledger: Ref<TillLedger>;
}

export class TillActor extends Actor<Till, TillArguments> implements Handlers<Till> {
  static readonly protocol = Till;
  static initial = (args: TillArguments): TillArguments => args;

  async take(number: number): Promise<void> {
    const { fence, key, ledger } = this.state;
    await ledger.write({ key, fence, node: this.ctx.node.name, number });
  }

  async taken(number: number): Promise<string> {
    await this.take(number);
    return this.ctx.node.name;
  }
}
