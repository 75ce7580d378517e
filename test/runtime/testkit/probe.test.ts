import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Listener {
  heard(text: string, from?: AnyRef): void;
  price(item: string): number;
  sign(): Ack;
}
const Listener = protocol<Listener>("test.Listener@1", { heard: tell, price: ask, sign: ask });

interface Crier {
  cry(to: Ref<Listener>, text: string, afterMs: number): void;
  shop(at: Ref<Listener>, item: string): number;
  leave(): void;
}
const Crier = protocol<Crier>("test.Crier@1", { cry: tell, shop: ask, leave: tell });

class CrierActor
  extends Actor<Crier, undefined, { say(to: Ref<Listener>, text: string): void }>
  implements Handlers<Crier>
{
  static readonly protocol = Crier;
  cry(to: Ref<Listener>, text: string, afterMs: number): void {
    this.ctx.after(afterMs, "say", to, text);
  }
  say(to: Ref<Listener>, text: string): void {
    to.heard(text, this.ctx.self);
  }
  async shop(at: Ref<Listener>, item: string): Promise<number> {
    return (await at.price(item)) * 2;
  }
  leave(): void {
    this.ctx.stop();
  }
}

function scene() {
  const world = createTestSystem();
  const crier = world.system.spawn(CrierActor, { name: "crier" });
  const probe = world.probe(Listener, { name: "probe" });
  return { ...world, crier, probe };
}

test("a message is waited for in virtual time", async () => {
  const { crier, probe, time } = scene();
  crier.cry(probe.ref, "hear ye", 1_500);
  const message = await probe.expectMessage("heard", ["hear ye", crier]);
  assert.equal(message.atMs, 1_500);
  assert.equal(time.now(), 1_500);
});

test("arguments may be tested by a function", async () => {
  const { crier, probe } = scene();
  crier.cry(probe.ref, "hear ye", 0);
  await probe.expectMessage("heard", (text) => text.startsWith("hear"));
});

test("a message that does not come fails with what did", async () => {
  const { crier, probe, time } = scene();
  crier.cry(probe.ref, "first", 10);
  await probe.expectMessage("heard");
  await assert.rejects(probe.expectMessage("price", ["bread"], { within: 200 }), (error) => {
    assert.ok(error instanceof assert.AssertionError);
    assert.match(
      error.message,
      /^troupe:\/\/test~1\/probe#\d+ expected price\('bread'\) within 200/,
    );
    assert.match(error.message, /but at 210 ms nothing came/);
    assert.match(error.message, / at 10 ms heard\('first', troupe:\S+crier#\d+\) \(expected\)/);
    return true;
  });
  assert.equal(time.now(), 210);
});

test("another message, or another argument, in its place fails and stays to be expected", async () => {
  const { crier, probe } = scene();
  crier.cry(probe.ref, "first", 10);
  await assert.rejects(probe.expectMessage("sign"), /heard\('first', .*\) came/);
  await assert.rejects(probe.expectMessage("heard", ["second"]), /'first'/);
  await assert.rejects(
    probe.expectMessage("heard", () => false),
    /arguments that fit/,
  );
  await probe.expectMessage("heard", ["first", crier]);
});

test("fishing takes the first that fits and throws away those before", async () => {
  const { crier, probe } = scene();
  for (const [index, text] of ["a", "b", "c", "d"].entries()) {
    crier.cry(probe.ref, text, index * 100);
  }
  const fish = await probe.fishFor(({ args }) => args[0] === "c");
  assert.equal(fish.atMs, 200);
  await probe.expectMessage("heard", ["d", crier]);
  await assert.rejects(
    probe.fishFor(() => true, { within: 50 }),
    /none fitted/,
  );
  assert.equal(probe.received.length, 4);
});

test("silence lasts as long as said, and is broken by what comes or came", async () => {
  const { crier, probe, time } = scene();
  await probe.expectNothing({ for: 400 });
  assert.equal(time.now(), 400);
  crier.cry(probe.ref, "noise", 100);
  await assert.rejects(probe.expectNothing({ for: 400 }), /heard\('noise', .*\) came/);
  assert.equal(time.now(), 500);
  await assert.rejects(probe.expectNothing({ for: 400 }), /noise/);
  probe.ignoreRest();
  await probe.expectNothing({ for: 400 });
});

test("an ask stays open until the test answers it, once", async () => {
  const { crier, probe, time } = scene();
  const shopping = crier.shop(probe.ref, "bread");
  const question = await probe.expectMessage("price", ["bread"]);
  assert.ok(question.isAsk);
  question.reply(21);
  assert.equal(await time.until(shopping), 42);
  assert.throws(() => question.reply(22), /price was answered already/);
});

test("the test may refuse an ask; a tell has nothing to be answered", async () => {
  const { crier, probe, time } = scene();
  const asked = probe.ref.price("bread");
  const question = await probe.expectMessage("price");
  question.refuse(new Failure("not_found", "no bread today"));
  await assert.rejects(time.until(asked), /not_found: no bread today/);
  crier.cry(probe.ref, "x", 0);
  const heard = await probe.expectMessage("heard");
  assert.throws(() => heard.refuse(new Failure("internal", "")), /heard is a tell/);
});

test("a probe answers by itself when told how, at once or later", async () => {
  const { crier, probe, time } = scene();
  probe.answer("price", (item) => item.length);
  assert.equal(await time.until(crier.shop(probe.ref, "bread")), 10);
  probe.answer("sign", () => Promise.reject(new Error("no pen")));
  await assert.rejects(time.until(probe.ref.sign()), /no pen/);
  assert.deepEqual(
    probe.received.map(({ method }) => method),
    ["price", "sign"],
  );
});

test("an answer to what is no ask is refused, and changes nothing", async () => {
  const { crier, probe } = scene();
  assert.throws(() => probe.answer("heard", () => {}), /heard is no ask, .* asks: price, sign/);
  assert.throws(() => probe.answer(JSON.parse('"prize"'), () => 1), { code: "invalid" });
  crier.cry(probe.ref, "x", 0);
  await probe.expectMessage("heard");
});

test("the end of an actor is heard once, watched before or not", async () => {
  const { system, crier, probe } = scene();
  probe.watch(crier);
  await assert.rejects(probe.expectTerminated(crier, { within: 100 }), /it did not end/);
  crier.leave();
  await assert.rejects(probe.expectNothing({ for: 10 }), /crier#\d+ ended/);
  assert.deepEqual(await probe.expectTerminated(crier), { kind: "stopped" });
  await probe.expectNothing({ for: 10 });
  const other = system.spawn(CrierActor);
  other.leave();
  assert.deepEqual(await probe.expectTerminated(other), { kind: "stopped" });
});
