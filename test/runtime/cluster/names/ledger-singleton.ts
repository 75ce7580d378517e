// A singleton that writes to a ledger, and the ledger, which refuses fences lower than the highest.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import type { Fenced } from "#runtime/cluster/names/singleton.ts";
import { Actor } from "#runtime/core/actor.ts";

export interface Scribe {
  write(line: string): number;
  end(): void;
}
export const Scribe = protocol<Scribe>("test.Scribe@1", { write: ask, end: tell });

/** Written by whoever holds the fence; in memory, outside of all nodes. */
export class Ledger {
  readonly lines: { readonly fence: number; readonly line: string }[] = [];
  readonly refused: string[] = [];
  /** Those that run at this moment, by node. */
  readonly living = new Set<string>();
  livingMax = 0;

  write(fence: number, line: string): void {
    const highest = Math.max(0, ...this.lines.map((written) => written.fence));
    if (fence < highest) this.refused.push(line);
    else this.lines.push({ fence, line });
  }
}

export interface ScribeArguments extends Fenced {
  readonly ledger: Ledger;
}

export class ScribeActor extends Actor<Scribe, ScribeArguments> implements Handlers<Scribe> {
  static readonly protocol = Scribe;
  static initial = (args: ScribeArguments): ScribeArguments => args;

  override start(): void {
    const { living } = this.state.ledger;
    living.add(this.ctx.node.name);
    this.state.ledger.livingMax = Math.max(this.state.ledger.livingMax, living.size);
  }

  override stopped(): void {
    this.state.ledger.living.delete(this.ctx.node.name);
  }

  write(line: string): number {
    this.state.ledger.write(this.state.fence, line);
    return this.state.fence;
  }

  end(): void {
    this.ctx.stop();
  }
}
