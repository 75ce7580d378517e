// `start` and `stopped` are no messages, but they send, ask, wait and are broken off like handlers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { createPuppets, type Hint, Latch, nameOf, outcomeOf, PuppetActor } from "./puppet.ts";

const noted =
  (diary: string[], what: string): Hint =>
  (ctx) => {
    diary.push(`${what} from ${nameOf(ctx.sender)}`);
  };

test("what `start` and `stopped` send after an await is from their actor: after an ask by itself, else by via", async () => {
  const { puppet, diary, time, system } = createPuppets();
  const ear = puppet({ name: "ear" });
  const hook: Hint = async (ctx) => {
    await ear.act(() => "heard");
    ear.hint(noted(diary, "after an ask"));
    await ctx.sleep(1);
    ctx.via(ear).hint(noted(diary, "via, after a sleep"));
    await ctx.via(ear).act((other) => {
      diary.push(`ask from ${nameOf(other.sender)}`);
      return "heard";
    });
    ear.hint(noted(diary, "after that"));
  };
  const a = puppet({ name: "a", start: hook, stopped: hook });
  await time.advance(1);
  const expected = [
    "after an ask from a",
    "via, after a sleep from a",
    "ask from a",
    "after that from a",
  ];
  assert.deepEqual(diary, expected);
  const stopped = system.stopActor(a);
  await time.advance(1);
  await stopped;
  assert.deepEqual(diary, [...expected, ...expected]);
});

test("the signal of `start` is aborted when the actor is stopped meanwhile", async () => {
  const { puppet, time, system } = createPuppets();
  const a = puppet({
    start: ({ signal }) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
  });
  await time.settle();
  await time.until(system.stopActor(a));
  assert.equal(time.now(), 0, "nobody had to wait for it to be left behind");
});

test("an actor that asks whoever waits for its `start` is told at once", async () => {
  const { puppet, diary, time } = createPuppets();
  const parent = puppet({ name: "parent" });
  const asked = parent.act(async (ctx) => {
    const start: Hint = async () => {
      diary.push(`start: ${await outcomeOf(parent.act(() => "never"))}`);
    };
    return outcomeOf(ctx.spawn(PuppetActor, { diary, start }).act(() => "child"));
  });
  await time.settle();
  assert.deepEqual(diary, ["start: ask_cycle"]);
  assert.equal(await asked, "child");
});

test("an actor whose `start` asks somebody is not asked back by him: that one is told at once", async () => {
  const { puppet, diary, time } = createPuppets();
  const other = puppet({ name: "other" });
  const a = puppet({
    start: async (ctx) => {
      const back = await other.act(async () => outcomeOf(ctx.self.act(() => "never")));
      diary.push(`asked back: ${back}`);
    },
  });
  await time.settle();
  assert.deepEqual(diary, ["asked back: ask_cycle"]);
  assert.equal(await a.act(() => "alive"), "alive");
});

test("a `start` that asks an actor which waits for nobody raises no alarm", async () => {
  const { puppet, time } = createPuppets();
  const latch = new Latch();
  const busy = puppet({ name: "busy" });
  busy.hint(() => latch.opened);
  const a = puppet({ start: async () => void (await busy.act(() => "answered")) });
  const asked = a.act(() => "started");
  await time.settle();
  latch.open();
  assert.equal(await asked, "started");
});

test("a hook has no message to put aside or to hand on, and says so", async () => {
  const { puppet, diary, time } = createPuppets();
  const other = puppet();
  const attempts: Hint = async (ctx) => {
    for (const attempt of [() => ctx.stash(), () => ctx.forward(other)]) {
      try {
        attempt();
      } catch (error) {
        diary.push(Failure.of(error).detail);
      }
      await ctx.sleep(0);
    }
  };
  puppet({ name: "a", start: attempts });
  await time.advance(1);
  assert.deepEqual(diary, [
    "/a has no message to stash: call it once, while handling one",
    "/a has no message to forward: call it once, while handling one",
  ]);
});

test("outside of any message a ref through `via` names its actor, whosever turn it is", async () => {
  const { puppet, diary, time } = createPuppets();
  const ear = puppet({ name: "ear" });
  let ring = (): void => {};
  puppet({
    name: "a",
    start: (ctx) => {
      ring = () => {
        ctx.via(ear).hint(noted(diary, "tell"));
        ctx.via(ear).act((other) => {
          diary.push(`ask from ${nameOf(other.sender)}, ${other.remaining} ms`);
          return "";
        });
      };
    },
  });
  await time.settle();
  ring();
  const b = puppet({ name: "b" });
  b.$.with({ within: 7 }).act(() => {
    ring();
    return "";
  });
  await time.settle();
  const each = ["tell from a", "ask from a, 5000 ms"];
  assert.deepEqual(diary, [...each, ...each]);
});
