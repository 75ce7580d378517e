// What is typed wrongly, copied by mistake, or looks like something that it is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { createPuppets, outcomeOf } from "./puppet.ts";

interface Counter {
  add(by: number): void;
  value(): number;
}
const Counter = protocol<Counter>("test.Counter@1", { add: tell, value: ask });

class CounterActor extends Actor<Counter, { n: number }> implements Handlers<Counter> {
  static readonly protocol = Counter;
  static initial = (args: { start: number }) => ({ n: args.start });
  add(by: number): void {
    this.state.n += by;
  }
  value(): number {
    return this.state.n;
  }
}

test("an answer that looks like a deferred one is an answer", async () => {
  interface Echo {
    echo(value: unknown): unknown;
  }
  const Echo = protocol<Echo>("test.Echo@1", { echo: ask });
  class EchoActor extends Actor<Echo> implements Handlers<Echo> {
    static readonly protocol = Echo;
    echo(value: unknown): unknown {
      return value;
    }
  }
  const echo = createTestSystem().system.spawn(EchoActor);
  for (const value of [{ $deferred: 5 }, { $deferred: Promise.resolve(1) }, { promise: 5 }]) {
    assert.equal(await echo.echo(value), value);
  }
});

test("two protocols that share an id by mistake never get each other's handlers", async () => {
  // Each of its messages stands where the other protocol has another one.
  const Mistaken = protocol<Counter>("test.Counter@1", { value: ask, add: tell });
  const { system } = createTestSystem();
  system.spawn(CounterActor, { start: 1 }, { name: "counter" });
  const counter = system.refTo(Mistaken, { node: "test", path: "/counter" });
  counter.add(2);
  assert.equal(await counter.value(), 3);
});

test("an ask with what is no signal is refused and leaves nothing open", async () => {
  const { puppet, system } = createPuppets();
  const signal: AbortSignal = JSON.parse("{}");
  assert.equal(
    await outcomeOf(
      puppet()
        .$.with({ signal })
        .act(() => ""),
    ),
    "invalid",
  );
  assert.equal(system.asks.openCount, 0);
});

test("a sleep of no length of time is refused", async () => {
  const { puppet } = createPuppets();
  const asked = puppet().act((ctx) => ctx.sleep(Number.NaN).then(() => ""));
  await assert.rejects(asked, (error: unknown) => {
    const { code, detail } = Failure.of(error);
    return code === "invalid" && /is to sleep for a number of milliseconds, not NaN/.test(detail);
  });
});
