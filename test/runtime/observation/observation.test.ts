// What is put together for a node, on living systems: inspection, crash reports, traces.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { SeededRandom, seedFrom } from "#runtime/core/random.ts";
import { Observation } from "#runtime/observation/observation.ts";
import { type FinishedSpan, spansTo } from "#runtime/observation/span-writer.ts";
import { systemReportText } from "#runtime/observation/system-report-text.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

interface Shop {
  open(): void;
  buy(order: { readonly item: string; readonly password: string }): string;
  relay(to: Ref<Shop>): string;
  later(): void;
  hang(): string;
  note(text: string): void;
  greet(): void;
}
const Shop = protocol<Shop>("demo.Shop@1", {
  open: tell,
  buy: ask,
  relay: ask,
  later: tell,
  hang: ask,
  note: tell,
  greet: tell,
});

interface Own {
  piped(text: string): void;
  sent(): void;
}

class ShopActor extends Actor<Shop, { isOpen: boolean }, Own> implements Handlers<Shop & Own> {
  static readonly protocol = Shop;
  static initial = () => ({ isOpen: false });
  open(): void {
    this.state.isOpen = true;
    this.ctx.unstash();
  }
  buy({ item }: { readonly item: string }): string {
    if (!this.state.isOpen) return this.ctx.stash();
    if (item === "dragon") throw new RangeError("too big", { cause: new Error("no shelf") });
    return item;
  }
  async relay(to: Ref<Shop>): Promise<string> {
    to.greet();
    return to.buy({ item: "tea", password: "hunter2" });
  }
  later(): void {
    this.ctx.pipe(Promise.resolve("x"), "piped");
  }
  piped(_text: string): void {
    this.ctx.send("sent");
  }
  sent(): void {}
  hang(): Promise<string> {
    return new Promise(() => {});
  }
  note(): void {}
  greet(): void {}
}

const order = (item: string) => ({ item, password: "hunter2" });

/** An observed system on virtual time, with one open shop that restarts at once. */
function stage(options: { readonly isTraced?: true } = {}) {
  const time = new VirtualTime();
  const spans: FinishedSpan[] = [];
  const random = new SeededRandom(seedFrom(7));
  const sink = spansTo((span) => spans.push(span), random);
  const tracing = options.isTraced ? { tracing: { sink, random } } : {};
  const lines: { readonly message: string; readonly fields: unknown }[] = [];
  const log = {
    write: (_level: string, _actor: string, message: string, fields?: unknown) => {
      lines.push({ message, fields });
    },
  };
  const observation = new Observation({ clock: time, log, ...tracing });
  const { system, stop } = createTestSystem({ time, observer: observation.observer });
  observation.attach(system);
  const shop = system.spawn(ShopActor, { name: "shop" });
  return { time, spans, lines, observation, system, shop, stop };
}

test("a crash of a living actor is reported with what came before, and the password is not in it", async () => {
  const { time, lines, observation, shop, stop } = stage();
  shop.open();
  assert.equal(await shop.buy(order("tea")), "tea");
  const crash = assert.rejects(shop.buy(order("dragon")), { code: "actor_crashed" });
  shop.note("one");
  shop.note("two");
  await crash;
  await time.advance(5_000);
  shop.open();
  await assert.rejects(shop.buy(order("dragon")), { code: "actor_crashed" });

  const [first, second] = observation.crashes.last;
  assert.deepEqual(
    [first?.path, first?.during, first?.messageKind, first?.waiting, first?.restarts],
    ["/shop", "buy", "ask", 2, 0],
  );
  assert.deepEqual([second?.restarts, second?.waiting], [1, 0]);
  assert.deepEqual(
    first?.causes.causes.map(({ name, message }) => `${name}: ${message}`),
    [
      "Failure: actor_crashed: /shop buy threw RangeError: too big",
      "RangeError: too big",
      "Error: no shelf",
    ],
  );
  assert.deepEqual(
    second?.last.map(({ what, end }) => `${what} ${end}`),
    [
      "open done",
      "buy done",
      "buy crashed",
      "restart restarted",
      "note done",
      "note done",
      "open done",
      "buy crashed",
    ],
  );
  assert.match(second?.payload ?? "", /^\{ item: string\(6\), password: string\(7\) \}$/);
  const told = lines.filter(({ message }) => message === "crash report: buy");
  assert.equal(told.length, 2);
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
  await stop();
});

test("one call tells of actors, messages, what is slow, what hangs, and what crashed", async () => {
  const { time, observation, shop, stop } = stage();
  shop.open();
  await assert.rejects(shop.buy(order("dragon")), { code: "actor_crashed" });
  await time.advance(1_000);
  const hanging = assert.rejects(shop.$.with({ within: 60_000 }).hang(), {
    code: /actor_stopped|timeout/,
  });
  shop.note("waits");
  await time.advance(1_234);
  const report = observation.inspect();
  const { sent, processed, queued, dead, inFlight } = report.messages;
  assert.equal(sent, processed + queued + dead + inFlight);
  assert.deepEqual(report.ongoing, [{ path: "/shop", method: "hang", ms: 1_234 }]);
  const seen = report.actors.children.find(({ path }) => path === "/shop");
  assert.deepEqual([seen?.waiting, seen?.restarts, seen?.handling], [1, 1, ["hang"]]);
  assert.equal(report.crashes.length, 1);
  const text = systemReportText(report);
  for (const part of [
    /^test \(incarnation 1\) at \d{4}-/,
    /messages: \d+ sent = /,
    /shop .*running .*demo\.Shop@1 .*1 waiting .*1 restart .*handling hang for 1\.23 s/,
    /last crashes\n {2}2\.23 s ago {2}\/shop buy: actor_crashed: \/shop buy threw RangeError: too big/,
  ]) {
    assert.match(text, part);
  }
  await stop();
  await hanging;
});

test("who sent a message is known of asks and tells of actors, and of nobody outside", async () => {
  const { observation, system, shop, stop } = stage();
  const other = system.spawn(ShopActor, { name: "other" });
  other.open();
  assert.equal(await shop.relay(other), "tea");
  const [actor] = [...observation.recorder.actors].filter(({ path }) => path === "/other");
  assert.ok(actor);
  const senders = observation.recorder
    .eventsOf(actor)
    .map((event) => event.kind === "handling" && [event.method, event.sender?.path, event.isAsk]);
  assert.deepEqual(senders, [
    ["open", undefined, false],
    ["greet", "/shop", false],
    ["buy", "/shop", true],
  ]);
  await stop();
});

test("an inspection before there is a system says what to do", () => {
  const observation = new Observation({ clock: new VirtualTime() });
  assert.throws(() => observation.inspect(), { code: "unavailable", message: /attach\(system\)/ });
});

test("a message put aside is no handler that never ends, and counts when it is handled", async () => {
  const { time, observation, shop, stop } = stage();
  const bought = shop.buy(order("tea"));
  await time.advance(100);
  const [actor] = [...observation.recorder.actors].filter(({ path }) => path === "/shop");
  assert.ok(actor);
  const ends = () =>
    observation.recorder
      .eventsOf(actor)
      .map((event) => (event.kind === "handling" ? `${event.method} ${event.end}` : event.kind));
  assert.deepEqual(ends(), ["buy put-aside"]);
  assert.deepEqual(observation.inspect().ongoing, []);
  shop.open();
  assert.equal(await bought, "tea");
  assert.deepEqual(ends(), ["buy put-aside", "open done", "buy done"]);
  const buy = observation.metrics.snapshot().handlings.find(({ method }) => method === "buy");
  assert.deepEqual([buy?.putAside, buy?.done, buy?.durations.count], [1, 1, 1]);
  assert.match(
    observation.metrics.toPrometheus(),
    /troupe_messages_put_aside_total\{[^}]*method="buy"\} 1/,
  );
  await stop();
});

test("an actor's own messages belong to the trace of the message that they come of", async () => {
  const { time, spans, shop, stop } = stage({ isTraced: true });
  shop.later();
  await time.advance(100);
  const spanOf = (method: string) => spans.find((span) => span.method === method);
  assert.equal(spanOf("later")?.parent, undefined);
  assert.deepEqual(spanOf("piped")?.parent, spanOf("later")?.context);
  assert.deepEqual(spanOf("sent")?.parent, spanOf("piped")?.context);
  await stop();
});

test("a trace given to a ref is borne by its asks and tells", async () => {
  const { time, spans, system, shop, stop } = stage({ isTraced: true });
  const other = system.spawn(ShopActor, { name: "other" });
  const trace = {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    flags: 1,
  };
  other.$.with({ trace }).open();
  assert.equal(await shop.$.with({ trace }).relay(other), "tea");
  await time.advance(1);
  const spanOf = (method: string) => spans.find((span) => span.method === method);
  assert.deepEqual(spanOf("open")?.parent, trace);
  assert.deepEqual(spanOf("relay")?.parent, trace);
  assert.deepEqual(spanOf("buy")?.parent, spanOf("relay")?.context);
  assert.equal(spanOf("buy")?.context.traceId, trace.traceId);
  await stop();
});

test("an observer without traces lets a trace go on as it came", async () => {
  const { system, shop, stop } = stage();
  const traces: unknown[] = [];
  class Listener extends Actor<Shop> implements Pick<Handlers<Shop>, "buy"> {
    static readonly protocol = Shop;
    buy(): string {
      traces.push(this.ctx.trace);
      return "heard";
    }
    open(): void {}
    relay(): string {
      return "";
    }
    later(): void {}
    hang(): string {
      return "";
    }
    note(): void {}
    greet(): void {}
  }
  const listener = system.spawn(Listener, { name: "listener" });
  const trace = { traceId: "a".repeat(32), spanId: "b".repeat(16), flags: 1 };
  assert.equal(await shop.$.with({ trace }).relay(listener), "heard");
  assert.deepEqual(traces, [trace]);
  await stop();
});

test("a real local system takes an observer", async () => {
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const observation = new Observation({ clock });
  const silent = { write: () => {} };
  const system = await startLocalSystem({ log: silent, observer: observation.observer });
  observation.attach(system);
  const shop = system.spawn(ShopActor, { name: "shop" });
  shop.open();
  await assert.rejects(shop.buy(order("dragon")), { code: "actor_crashed" });
  assert.equal(observation.inspect().crashes[0]?.path, "/shop");
  assert.equal(observation.crashes.last[0]?.code, "actor_crashed" satisfies Failure["code"]);
  await system.stop();
});
