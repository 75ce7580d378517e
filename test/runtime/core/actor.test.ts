import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import {
  type Ack,
  ack,
  ask,
  type Deferred,
  type Handlers,
  protocol,
  tell,
} from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Counter {
  add(by: number): void;
  value(): number;
  slow(ms: number): number;
  crash(text: string): void;
  refuse(): Ack;
  waitForAbort(): Ack;
  later(ms: number): number;
}
const Counter = protocol<Counter>("test.Counter@1", {
  add: tell,
  value: ask,
  slow: ask,
  crash: tell,
  refuse: ask,
  waitForAbort: ask({ within: 1_000_000 }),
  later: ask,
});

const gates: (() => void)[] = [];

class CounterActor extends Actor<Counter, { n: number }> implements Handlers<Counter> {
  static readonly protocol = Counter;
  static initial = (args: { start: number }) => ({ n: args.start });
  add(by: number): void {
    this.state.n += by;
  }
  value(): number {
    return this.state.n;
  }
  async slow(by: number): Promise<number> {
    await new Promise<void>((resolve) => gates.push(resolve));
    this.state.n += by;
    return this.state.n;
  }
  crash(text: string): void {
    throw new Error(text);
  }
  refuse(): Ack {
    throw reply(new Failure("queue_full", "no room"));
  }
  waitForAbort(): Deferred<Ack> {
    const { signal } = this.ctx;
    return this.ctx.defer(
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(ack))),
    );
  }
  later(ms: number): Deferred<number> {
    return this.ctx.defer(Promise.resolve(ms));
  }
}

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "resolved",
    (error: unknown) => Failure.of(error).code,
  );

test("messages are handled in the order sent, and an ask is answered", async () => {
  const { system } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 1 }, { name: "counter" });
  counter.add(2);
  counter.add(3);
  assert.equal(await counter.value(), 6);
  assert.equal(counter.$.toString(), `troupe://test~1/counter#${counter.$.address.uid}`);
});

test("the next message waits for an async handler", async () => {
  const { system, time } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  const slow = counter.slow(10);
  const value = counter.value();
  await time.settle();
  gates.shift()?.();
  assert.equal(await slow, 10);
  assert.equal(await value, 10);
});

test("an ask without an answer fails at its deadline, and the late answer is dropped", async () => {
  const { system, time } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  const slow = codeOf(counter.$.with({ within: 100 }).slow(1));
  await time.advance(99);
  assert.equal(system.asks.openCount, 1);
  await time.advance(1);
  assert.equal(await slow, "timeout");
  gates.shift()?.();
  assert.equal(await counter.value(), 1);
});

test("an aborted ask fails with cancelled and aborts the handler's signal", async () => {
  const { system, time } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  const controller = new AbortController();
  const asked = codeOf(counter.$.with({ signal: controller.signal }).waitForAbort());
  await time.settle();
  controller.abort();
  assert.equal(await asked, "cancelled");
});

test("a message whose asker gave up before its turn is not handled", async () => {
  const { system, time } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  const first = counter.slow(1);
  const second = codeOf(counter.$.with({ within: 10 }).slow(100));
  await time.advance(10);
  assert.equal(await second, "timeout");
  gates.shift()?.();
  await first;
  await time.settle();
  assert.equal(gates.length, 0, "the second handler never began");
});

test("a crash restarts the actor with fresh state, keeps its mailbox and drops the message", async () => {
  const { system, time, log } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 5 });
  counter.add(1);
  counter.crash("boom");
  counter.add(2);
  const value = counter.value();
  await time.advance(100);
  assert.equal(await value, 7);
  assert.ok(log.some((line) => line.level === "error" && line.message.includes("boom")));
});

test("a refusal answers the ask and does not crash", async () => {
  const { system } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 5 });
  counter.add(1);
  assert.equal(await codeOf(counter.refuse()), "queue_full");
  assert.equal(await counter.value(), 6);
});

test("a full mailbox refuses an ask and buries a tell", async () => {
  const { system, time } = createTestSystem();
  const counter = system.spawn(
    CounterActor,
    { start: 0 },
    { mailbox: { capacity: 2, whenFull: "reject" } },
  );
  counter.add(1);
  counter.add(1);
  counter.add(1);
  assert.equal(await codeOf(counter.value()), "mailbox_full");
  await time.settle();
  assert.equal(await counter.value(), 2);
  assert.equal(system.deadLetters.counts.get("mailbox_full"), 2);
});

test("what reaches a stopped actor becomes a dead letter, an ask fails at once", async () => {
  const { system } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  await system.stopActor(counter);
  counter.add(1);
  assert.equal(await codeOf(counter.value()), "actor_stopped");
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 2);
});

interface Parent {
  child(): Ref<Counter>;
  heard(): readonly string[];
  stopChild(): void;
  startTimers(): void;
}
const Parent = protocol<Parent>("test.Parent@1", {
  child: ask,
  heard: ask,
  stopChild: tell,
  startTimers: tell,
});
class ParentActor extends Actor<Parent, { heard: string[] }> implements Handlers<Parent> {
  static readonly protocol = Parent;
  static readonly supervise = {
    strategy: "one-for-one",
    restartsMax: 2,
    withinMs: 1_000,
    backoff: { delayMsMin: 10, delayMsMax: 1_000, factor: 2, jitter: 0 },
  } as const;
  static initial = () => ({ heard: [] as string[] });
  #child: Ref<Counter> | undefined;
  override start(): void {
    this.#child = this.ctx.spawn(CounterActor, { start: 0 }, { name: "child" });
    this.ctx.watch(this.#child);
  }
  child(): Ref<Counter> {
    if (!this.#child) throw new Error("no child");
    return this.#child;
  }
  heard(): readonly string[] {
    return this.state.heard;
  }
  stopChild(): void {
    this.ctx.stop(this.#child);
  }
  startTimers(): void {
    const key = this.ctx.every(10, "stopChild");
    this.ctx.cancel(key);
  }
  override terminated(ref: AnyRef, exit: Exit): void {
    this.state.heard.push(`${ref.$.address.path} ${exit.kind}`);
  }
}

test("a watcher hears exactly once that the watched actor ended", async () => {
  const { system, time } = createTestSystem();
  const parent = system.spawn(ParentActor, { name: "parent" });
  parent.stopChild();
  await time.settle();
  parent.startTimers();
  await time.advance(100);
  assert.deepEqual(await parent.heard(), ["/parent/child stopped"]);
});

test("more restarts than allowed escalate: the parent restarts and its children anew", async () => {
  const { system, time } = createTestSystem();
  const parent = system.spawn(ParentActor, { name: "parent" });
  const child = await parent.child();
  for (let round = 0; round < 3; round += 1) {
    child.crash("again");
    await time.advance(50);
  }
  await time.advance(100);
  assert.equal(await codeOf(child.value()), "actor_stopped");
  const fresh = await parent.child();
  assert.equal(await fresh.value(), 0);
});

test("a root that cannot cope tells the node", async () => {
  const { system, time, fatal } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  for (let round = 0; round < 6; round += 1) {
    counter.crash("again");
    await time.advance(2_500);
  }
  assert.equal(fatal.length, 0, "spread out, restarts are within bounds");
  for (let round = 0; round < 8; round += 1) {
    counter.crash("again");
    await time.advance(1_200);
  }
  assert.equal(fatal.length, 1);
});

test("a lookup waits for the name and fails with not_found when it never comes", async () => {
  const { system, time } = createTestSystem();
  const found = system.lookup(Counter, "late", 1_000);
  const never = codeOf(system.lookup(Counter, "never", 1_000));
  await time.advance(500);
  const counter = system.spawn(CounterActor, { start: 3 });
  await system.register("late", counter);
  assert.equal(await (await found).value(), 3);
  await time.advance(600);
  assert.equal(await never, "not_found");
  const other = system.spawn(CounterActor, { start: 4 });
  assert.equal(await codeOf(system.register("late", other)), "name_taken");
  await system.stopActor(counter);
  await time.settle();
  await system.register("late", other);
});

test("a name that nothing can bear, and an actor that has ended, are not registered", async () => {
  const { system } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  for (const name of ["", " ", "a\nb", "x".repeat(2_000)]) {
    assert.equal(await codeOf(system.register(name, counter)), "invalid", name);
  }
  await system.stopActor(counter);
  assert.equal(await codeOf(system.register("late", counter)), "actor_stopped");
});

test("an ask within no number of milliseconds is refused", async () => {
  const { system } = createTestSystem();
  const counter = system.spawn(CounterActor, { start: 0 });
  for (const within of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    assert.equal(await codeOf(counter.$.with({ within }).value()), "invalid");
  }
  assert.equal(await counter.value(), 0);
});
