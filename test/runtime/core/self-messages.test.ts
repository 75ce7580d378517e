// What an actor sends itself: timers with keys, pipes, deferred answers; and what becomes of them
// when the instance that wanted them has ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import {
  createPuppets,
  Latch,
  outcomeOf,
  type Play,
  type Puppet,
  PuppetActor,
  type PuppetContext,
} from "./puppet.ts";

/** As a message of its own: has the puppet do something with its context. */
const does = (ref: Ref<Puppet>, act: (ctx: PuppetContext) => void): Promise<unknown> =>
  ref.act((ctx) => {
    act(ctx);
    return "";
  });
const crash: Play = () => {
  throw new Error("it crashes");
};

test("a second timer of the same key replaces the first, even when the first's message waits", async () => {
  const { puppet, diary, time } = createPuppets();
  const a = puppet();
  await does(a, (ctx) => {
    ctx.after({ ms: 10, key: "k" }, "rung", "first");
    ctx.after({ ms: 20, key: "k" }, "rung", "second");
  });
  await time.advance(50);
  assert.deepEqual(diary, ["second"]);
  const latch = new Latch();
  await does(a, (ctx) => ctx.after({ ms: 10, key: "k" }, "rung", "waits"));
  const busy = a.act(async (ctx) => {
    await latch.opened;
    ctx.after({ ms: 10, key: "k" }, "rung", "instead");
    return "";
  });
  await time.advance(20);
  latch.open();
  await busy;
  await time.advance(20);
  assert.deepEqual(diary, ["second", "instead"]);
});

test("a cancelled timer never fires, even when its message waits", async () => {
  const { puppet, diary, time, system } = createPuppets();
  const a = puppet();
  const latch = new Latch();
  await does(a, (ctx) => {
    ctx.after({ ms: 10, key: "once" }, "rung", "once");
    ctx.every({ ms: 10, key: "often" }, "rung", "often");
  });
  const busy = a.act(async (ctx) => {
    await latch.opened;
    ctx.cancel("once");
    ctx.cancel("often");
    ctx.cancel("never set");
    return "";
  });
  await time.advance(35);
  latch.open();
  await busy;
  await time.advance(100);
  assert.deepEqual(diary, []);
  assert.equal(system.inspect().children.at(-1)?.timers, 0);
});

test("a repeated timer waits once however long its actor is busy, and goes on in its rhythm", async () => {
  const { puppet, diary, time } = createPuppets();
  const a = puppet();
  await does(a, (ctx) => ctx.every(10, "rung", "tick"));
  const latch = new Latch();
  const busy = a.act(async () => {
    await latch.opened;
    return "";
  });
  await time.advance(55);
  assert.deepEqual(diary, []);
  latch.open();
  await busy;
  await time.settle();
  assert.deepEqual(diary, ["tick"]);
  await time.advance(20);
  assert.deepEqual(diary, ["tick", "tick", "tick"]);
});

test("timers end with the instance; the next one may use their keys", async () => {
  const { puppet, diary, time } = createPuppets();
  const a = puppet();
  await does(a, (ctx) => ctx.every({ ms: 10, key: "k" }, "rung", "old"));
  await assert.rejects(a.act(crash));
  await does(a, (ctx) => ctx.every({ ms: 15, key: "k" }, "rung", "new"));
  await time.advance(40);
  assert.deepEqual(diary, ["new", "new"]);
});

test("a piped promise comes as a message: its value, its failure, or a crash where none is named", async () => {
  const { puppet, diary, time, log } = createPuppets();
  const a = puppet();
  await does(a, (ctx) => {
    ctx.pipe(Promise.resolve("value"), "piped");
    ctx.pipe(Promise.reject(new Error("x")), "piped", "failed");
  });
  await time.settle();
  assert.deepEqual(diary.sort(), ["failed actor_crashed", "piped value"]);
  await does(a, (ctx) => ctx.pipe(Promise.reject(new Error("unnamed")), "piped"));
  await time.settle();
  assert.ok(log.some(({ message }) => /crashed in a piped promise: .*unnamed/.test(message)));
  assert.equal(await a.act(() => "fresh"), "fresh");
});

test("what was piped by an ended instance is dropped and counted", async () => {
  const { puppet, diary, time, system } = createPuppets();
  const a = puppet();
  const latch = new Latch();
  await does(a, (ctx) => {
    ctx.pipe(
      latch.opened.then(() => "late"),
      "piped",
    );
    ctx.pipe(
      latch.opened.then(() => Promise.reject(new Error("late"))),
      "piped",
      "failed",
    );
    ctx.pipe(
      latch.opened.then(() => Promise.reject(new Error("late"))),
      "piped",
    );
    void latch.opened.then(() => ctx.send("rung", "late"));
  });
  await assert.rejects(a.act(crash));
  assert.equal(await a.act(() => "fresh"), "fresh");
  const before = system.deadLetters.counts.get("actor_stopped") ?? 0;
  latch.open();
  await time.settle();
  assert.deepEqual(diary, []);
  assert.equal(system.deadLetters.counts.get("actor_stopped"), before + 4);
  assert.equal(await a.act(() => "still the same"), "still the same");
  const { sent, processed, queued, dead, inFlight } = system.counts;
  assert.equal(sent, processed + queued + dead + inFlight);
});

test("a deferred answer comes while the actor goes on, also after it has restarted or ended", async () => {
  const { puppet, time, system } = createPuppets();
  const a = puppet();
  const latch = new Latch();
  const deferred: Play = (ctx) => ctx.defer(latch.opened.then(() => "deferred"));
  const [first, second] = [a.act(deferred), a.act(deferred)];
  assert.equal(await a.act(() => "meanwhile"), "meanwhile");
  await assert.rejects(a.act(crash));
  assert.equal(await a.act(() => "fresh"), "fresh");
  await system.stopActor(a);
  latch.open();
  await time.settle();
  assert.deepEqual(await Promise.all([first, second]), ["deferred", "deferred"]);
});

test("a deferred promise that fails answers with its failure and crashes nobody", async () => {
  const { puppet, system } = createPuppets();
  const a = puppet();
  const failing: Play = (ctx) => ctx.defer(Promise.reject(new Error("x")));
  assert.equal(await outcomeOf(a.act(failing)), "actor_crashed");
  assert.equal(await a.act(() => "x"), "x");
  assert.equal(system.inspect().children.at(-1)?.restarts, 0);
});

test("a behaviour of a message that there is not is refused when its class is spawned", () => {
  class MisspeltActor extends PuppetActor {
    static override readonly behaviours = {
      deaf: { act: "ignore" },
      aside: { acct: "setAside", act: "setAside", hint: "setAside", look: "setAside" },
    };
  }
  const { system, diary } = createPuppets();
  assert.throws(
    () => system.spawn(MisspeltActor, { diary }),
    /behaviour "aside" of MisspeltActor handles acct otherwise, which is no message of test.Puppet@1/,
  );
});

test("a behaviour handles the methods that it names, a restart forgets it, an unknown one is refused", async () => {
  const { puppet } = createPuppets();
  const a = puppet();
  await does(a, (ctx) => ctx.become("deaf"));
  assert.equal(await a.act(() => "heard"), "ignored");
  assert.equal(await a.look(() => "not named there"), "not named there");
  a.hint((ctx) => ctx.become(undefined));
  assert.equal(await a.act(() => "heard"), "heard");
  await does(a, (ctx) => ctx.become("deaf"));
  assert.equal(await outcomeOf(a.look(crash)), "actor_crashed");
  assert.equal(await a.act(() => "heard"), "heard");
  for (const name of ["mute", "constructor", "toString"]) {
    const asked = a.act((ctx) => {
      ctx.become(name);
      return "";
    });
    await assert.rejects(asked, /has no behaviour "\w+"; its static behaviours are: deaf, aside/);
  }
});
