// Actors for tests of moving: one writes down what it hears from whom, others send it numbers.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";

export interface Ledger {
  heard(from: string, number: number): void;
  count(from: string): number;
  where(): string;
  all(): Readonly<Record<string, readonly number[]>>;
  tickLater(ms: number): void;
  slow(ms: number): number;
  grumble(): void;
  end(): void;
}
export const Ledger = protocol<Ledger>("test.Ledger@1", {
  heard: tell,
  count: ask,
  where: ask,
  all: ask,
  tickLater: tell,
  slow: ask,
  grumble: tell,
  end: tell,
});

interface LedgerState {
  readonly rows: Record<string, number[]>;
  ticks: number;
  bad?: unknown;
}

export class LedgerActor
  extends Actor<Ledger, LedgerState, { tick(): void }>
  implements Handlers<Ledger>
{
  static readonly protocol = Ledger;
  static initial = (): LedgerState => ({ rows: {}, ticks: 0 });

  heard(from: string, number: number): void {
    const row = this.state.rows[from] ?? [];
    this.state.rows[from] = row;
    row.push(number);
  }
  count(from: string): number {
    return this.state.rows[from]?.length ?? 0;
  }
  where(): string {
    return this.ctx.node.name;
  }
  all(): Readonly<Record<string, readonly number[]>> {
    return { ...this.state.rows, ticks: [this.state.ticks] };
  }
  tickLater(ms: number): void {
    this.ctx.after({ ms, key: "tick" }, "tick");
  }
  tick(): void {
    this.state.ticks += 1;
  }
  async slow(ms: number): Promise<number> {
    await this.ctx.sleep(ms);
    return this.state.ticks;
  }
  grumble(): void {
    this.state.bad = { nested: [() => 1] };
  }
  end(): void {
    this.ctx.stop();
  }
}

export interface Talker {
  talk(to: Ref<Ledger>, times: number): void;
}
export const Talker = protocol<Talker>("test.Talker@1", { talk: tell });

interface TalkerArguments {
  readonly name: string;
}

interface Own {
  say(to: Ref<Ledger>, left: number): void;
}

export class TalkerActor
  extends Actor<Talker, { readonly name: string; next: number }, Own>
  implements Handlers<Talker>
{
  static readonly protocol = Talker;
  static initial = ({ name }: TalkerArguments): { readonly name: string; next: number } => ({
    name,
    next: 0,
  });

  talk(to: Ref<Ledger>, times: number): void {
    this.say(to, times);
  }
  say(to: Ref<Ledger>, left: number): void {
    if (left === 0) return;
    to.heard(this.state.name, this.state.next++);
    this.ctx.after(1, "say", to, left - 1);
  }
}

export interface Parent {
  child(): Ref<Ledger>;
}
export const Parent = protocol<Parent>("test.Parent@1", { child: ask });

export class ParentActor extends Actor<Parent> implements Handlers<Parent> {
  static readonly protocol = Parent;
  child(): Ref<Ledger> {
    return this.ctx.spawn(LedgerActor);
  }
}

// biome-ignore lint/complexity/noBannedTypes: it understands no message.
const Watcher = protocol<{}>("test.Watcher@1", {});

interface WatcherArguments {
  readonly name: string;
  readonly watched: AnyRef;
  readonly heard: string[];
}

export class WatcherActor extends Actor<unknown, WatcherArguments> {
  static readonly protocol = Watcher;
  static initial = (args: WatcherArguments): WatcherArguments => args;
  override start(): void {
    this.ctx.watch(this.state.watched);
  }
  override terminated(_: AnyRef, exit: Exit): void {
    this.state.heard.push(`${this.state.name} ${exit.kind}`);
  }
}
