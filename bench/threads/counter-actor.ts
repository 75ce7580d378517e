// The subject's actor: adds up, and says how much.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";

export interface Counter {
  add(by: number): void;
  total(): number;
}
export const Counter = protocol<Counter>("bench.ThreadCounter@1", {
  add: tell,
  total: ask({ within: 60_000 }),
});

export class CounterActor extends Actor<Counter, { total: number }> implements Handlers<Counter> {
  static readonly protocol = Counter;
  static readonly module = import.meta.url;
  static initial = () => ({ total: 0 });
  add(by: number): void {
    this.state.total += by;
  }
  total(): number {
    return this.state.total;
  }
}
