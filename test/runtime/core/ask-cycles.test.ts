// An ask that would wait for itself fails at once; every other one is left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import {
  createPuppetNodes,
  createPuppets,
  Latch,
  nameOf,
  outcomeOf,
  type Play,
  Puppet,
  seenFrom,
  type Value,
} from "./puppet.ts";

/** Each asks the next, the last one asks the first, and all pass on what comes of it. */
const around =
  (method: "act" | "look", ...[next, ...others]: Ref<Puppet>[]): Play =>
  async () =>
    next === undefined ? "end" : outcomeOf(next[method](around(method, ...others)));

test("an actor that asks itself and awaits the answer is told at once", async () => {
  const { puppet, time } = createPuppets();
  const a = puppet({ name: "a" });
  const asked = a.act(() => outcomeOf(a.act(() => "never")));
  await time.settle();
  assert.equal(await asked, "ask_cycle");
});

test("two and three actors that ask in a circle are told at once, and so by refs of every kind", async () => {
  const { puppet, system, time } = createPuppets();
  const [a, b, c] = [puppet({ name: "a" }), puppet({ name: "b" }), puppet({ name: "c" })];
  const byPath = system.refTo(Puppet, { node: "test", path: "/a" });
  const circles = [
    [a, b, a],
    [a, b, c, a],
    [a, b, c, b],
    [a, b, byPath],
    [a, b, a.$.with({ within: 50 })],
  ];
  for (const circle of circles) {
    const asked = outcomeOf(circle[0]?.act(around("act", ...circle.slice(1))) ?? assert.fail());
    await time.settle();
    assert.equal(await asked, "ask_cycle");
  }
});

test("the failure names the actors that wait for each other, and what to do", async () => {
  const { puppet } = createPuppets();
  const [a, b] = [puppet({ name: "a" }), puppet({ name: "b" })];
  await a.act(async () => {
    await b.act(async () => {
      await a
        .act(() => "never")
        .then(
          () => assert.fail("it was answered"),
          (error: unknown) => {
            const { code, detail } = Failure.of(error);
            assert.equal(code, "ask_cycle");
            assert.match(detail, /\/b#\d+ act waits for .*\/a#\d+ act waits for .*\/b#\d+ act\./);
            assert.match(detail, /Answer first and ask later/);
          },
        );
      return "";
    });
    return "";
  });
});

test("a circle is found after an await of something else, when the asker asks via its context", async () => {
  const { puppet, time } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  const asked = a.act(() =>
    b.act(async (ctx) => {
      await ctx.sleep(5);
      return outcomeOf(ctx.via(a).act(() => "never"));
    }),
  );
  await time.advance(5);
  assert.equal(await asked, "ask_cycle");
});

test("two chains that wait for one another are found, one of them fails and the other goes on", async () => {
  const { puppet, time } = createPuppets();
  const [a, b] = [puppet({ name: "a" }), puppet({ name: "b" })];
  const latch = new Latch();
  const meet =
    (other: Ref<Puppet>): Play =>
    async (ctx) => {
      await latch.opened;
      return outcomeOf(ctx.via(other).act(() => "answer"));
    };
  const both = [a.act(meet(b)), b.act(meet(a))];
  await time.settle();
  latch.open();
  await time.settle();
  assert.deepEqual((await Promise.all(both)).sort(), ["answer", "ask_cycle"]);
});

test("whoever answers first and lets the ask run on by itself is not in a circle", async () => {
  const { puppet, diary, time } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  const piping: Play = (ctx) => {
    ctx.pipe(a.act(() => "x").then(String), "piped", "failed");
    return "first";
  };
  const asked = a.act(() => b.act(piping));
  assert.equal(await asked, "first");
  await time.settle();
  assert.deepEqual(diary, ["piped x"]);
  const toItself: Play = (ctx) => {
    ctx.pipe(ctx.self.act(() => "self").then(String), "piped", "failed");
    return "";
  };
  await a.act(toItself);
  await time.settle();
  assert.deepEqual(diary, ["piped x", "piped self"]);
  const deferring: Play = (ctx) => ctx.defer(ctx.self.act(() => "deferred"));
  assert.equal(await a.act(deferring), "deferred");
});

test("who asks its asker and defers its answer until then is told at once", async () => {
  const { puppet, time } = createPuppets();
  const [a, b, c] = [puppet(), puppet(), puppet()];
  for (const inBetween of [[], [c]]) {
    const back: Play = (ctx) => ctx.defer(outcomeOf(a.act(() => "never")));
    const asked = a.act(around("act", b, ...inBetween));
    const deferred = a.act(() => b.act(back));
    const later: Play = (ctx) => {
      const asker = ctx.via(a);
      return ctx.defer(ctx.sleep(1).then(() => outcomeOf(asker.act(() => "never"))));
    };
    const deferredLater = a.act(() => b.act(later));
    await time.advance(2);
    assert.equal(await asked, "end");
    assert.equal(await deferred, "ask_cycle");
    assert.equal(await deferredLater, "ask_cycle");
  }
});

test("code that goes on behind a deferred answer asks on its asker's behalf", async () => {
  const { puppet, diary, time } = createPuppets();
  const [a, b, ear] = [puppet({ name: "a" }), puppet(), puppet()];
  const asked = outcomeOf(
    a.$.with({ within: 50 }).act((ctx) => {
      const work = async (): Promise<string> => {
        await b.act(() => "x");
        ear.hint((other) => void diary.push(`tell from ${nameOf(other.sender)}`));
        await ear.act((other) => void diary.push(`${other.remaining} ms left`));
        return "done";
      };
      return ctx.defer(work());
    }),
  );
  await time.settle();
  assert.equal(await asked, "done");
  assert.deepEqual(diary, ["tell from a", "50 ms left"]);
});

test("chains that meet but do not wait for each other raise no alarm", async () => {
  const { puppet, time } = createPuppets();
  const [a, b, c, d] = [puppet(), puppet(), puppet(), puppet()];
  const slow: Play = async (ctx) => {
    await ctx.sleep(5);
    return "slow";
  };
  const asked = a.act(async () => {
    const parts = await Promise.all([
      b.act(() => d.act(slow)),
      c.act(() => d.act(slow)),
      d.act(slow),
      b.act(() => c.act(slow)),
    ]);
    return parts.join();
  });
  const other = c.act(() => d.act(slow));
  await time.advance(100);
  assert.equal(await asked, "slow,slow,slow,slow");
  assert.equal(await other, "slow");
});

test("a readonly circle goes on; it fails at once where a write waits in between", async () => {
  const { puppet, time, diary } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  assert.equal(await a.look(around("look", b, a, b, a)), "end");
  const latch = new Latch();
  const asked = a.look(() =>
    b.look(async (ctx) => {
      await latch.opened;
      return outcomeOf(ctx.via(a).look(() => "never"));
    }),
  );
  await time.settle();
  a.hint(() => void diary.push("written"));
  await time.settle();
  latch.open();
  await time.settle();
  assert.equal(await asked, "ask_cycle");
  assert.deepEqual(diary, ["written"]);
});

test("a readonly ask that comes back as a write would wait for itself", async () => {
  const { puppet } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  const asked = a.look(() => b.look(() => outcomeOf(a.act(() => "never"))));
  assert.equal(await asked, "ask_cycle");
  const mixed = a.act(() => b.look(() => outcomeOf(a.look(() => "never"))));
  assert.equal(await mixed, "ask_cycle");
});

test("a circle over two and three nodes is found, wherever its last step leads", async () => {
  const { nodes, time } = await createPuppetNodes();
  const [n1, n2, n3] = nodes;
  const a1 = n1.puppet({ name: "a1" });
  const c1 = n1.puppet({ name: "c1" });
  const b2 = n2.puppet({ name: "b2" });
  const d3 = n3.puppet({ name: "d3" });
  const ask = (from: typeof n1, to: Ref<Puppet>, play: Play): Promise<Value> =>
    outcomeOf(seenFrom(from, to).act(play));
  const circles: (() => Promise<Value>)[] = [
    () => a1.act(() => ask(n1, b2, () => ask(n2, a1, () => "never"))),
    () => a1.act(() => ask(n1, b2, () => ask(n2, d3, () => ask(n3, a1, () => "never")))),
    // Back on the first node it reaches the first actor from another one there.
    () => a1.act(() => ask(n1, b2, () => ask(n2, c1, () => outcomeOf(a1.act(() => "never"))))),
    () => a1.act(() => outcomeOf(c1.act(() => ask(n1, b2, () => ask(n2, a1, () => "never"))))),
    () => a1.act(() => ask(n1, b2, () => ask(n2, d3, () => ask(n3, b2, () => "never")))),
  ];
  for (const [index, circle] of circles.entries()) {
    const asked = circle();
    await time.settle();
    assert.equal(await asked, "ask_cycle", `circle ${index}`);
  }
  const line = a1.act(() => ask(n1, b2, () => ask(n2, d3, () => ask(n3, c1, () => "end"))));
  await time.settle();
  assert.equal(await line, "end");
  const readonly = a1.look(async () => {
    const there = seenFrom(n1, b2);
    return outcomeOf(there.look(() => outcomeOf(seenFrom(n2, a1).look(() => "again"))));
  });
  await time.settle();
  assert.equal(await readonly, "again");
});
