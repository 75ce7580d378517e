// The smallest program: one actor that counts. Run it: npx tsx examples/actors/01-counter.ts
import { ask, type Handlers, protocol, tell } from "#protocols/index.ts";
import { Actor, startLocalSystem } from "#runtime/index.ts";

export interface Counter {
  add(by: number): void;
  value(): number;
}
export const Counter = protocol<Counter>("demo.Counter@1", { add: tell, value: ask });

export class CounterActor extends Actor<Counter, { n: number }> implements Handlers<Counter> {
  static readonly protocol = Counter;
  static initial = (args: { start: number }) => ({ n: args.start });

  add(by: number): void {
    this.state.n += by;
  }

  value(): number {
    return this.state.n;
  }
}

const system = await startLocalSystem();
const counter = system.spawn(CounterActor, { start: 0 }, { name: "counter" });
for (let round = 0; round < 1_000; round += 1) counter.add(2);
console.log(`${counter.$.toString()} counted to ${await counter.$.with({ within: 200 }).value()}`);
await system.stop();
