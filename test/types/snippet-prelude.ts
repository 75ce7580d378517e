// What the snippets of these tests are written against: two protocols with their actors, what an actor
// sends itself, and the things that every actor meets.
export const prelude = `
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Context } from "#runtime/core/context.ts";
import { systemTopics, topic } from "#runtime/core/event-bus.ts";
import type { ServiceKey } from "#runtime/core/services.ts";
import type { ActorSystem } from "#runtime/core/system.ts";

interface Counter { add(by: number): void; value(): number; reset(to?: number): Ack; all(...by: readonly number[]): void; share(with_: Ref<Printer>): void }
const Counter = protocol<Counter>("demo.Counter@1", { add: tell, value: ask({ readonly: true }), reset: ask({ within: 5 }), all: tell, share: tell });
interface Printer { print(text: string): void }
const Printer = protocol<Printer>("demo.Printer@1", { print: tell });
interface Own { tick(count: number): void; found(text: string): void; lost(failure: { code: string; detail: string }): void; buried(letter: { reason: string; to: string }): void }
class CounterActor extends Actor<Counter, { n: number }, Own> implements Handlers<Counter> {
  static readonly protocol = Counter;
  static initial = (args: { start: number }) => ({ n: args.start });
  add(by: number) { this.state.n += by; }
  value() { return this.state.n; }
  async reset(to = 0) { this.state.n = to; return ack; }
  all(...by: readonly number[]) { for (const each of by) this.state.n += each; }
  share(printer: Ref<Printer>) { printer.print(String(this.state.n)); }
  tick() {}
  found() {}
  lost() {}
  buried() {}
}
class PrinterActor extends Actor<Printer> implements Handlers<Printer> {
  static readonly protocol = Printer;
  print() {}
}
const Prices = topic<number>("prices");
declare const Clock: ServiceKey<{ now(): number }>;
declare const counter: Ref<Counter>;
declare const printer: Ref<Printer>;
declare const any: AnyRef;
declare const ctx: Context<Counter, Own>;
declare const system: ActorSystem;
`;
