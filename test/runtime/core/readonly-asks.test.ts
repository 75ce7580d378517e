// Readonly asks of one actor are in progress together; everything else has the actor for itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { createPuppets, Latch, nameOf, outcomeOf, type Play } from "./puppet.ts";

/** Counts who is in progress with it. */
function crowd(latch: Latch): { readonly join: Play; readonly most: () => number } {
  let inside = 0;
  let most = 0;
  const join: Play = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await latch.opened;
    inside -= 1;
    return inside;
  };
  return { join, most: () => most };
}

for (const seed of [undefined, 1, 2, 3]) {
  const order = seed === undefined ? "in order" : `in the order of seed ${seed}`;
  const options = seed === undefined ? {} : { seed };

  test(`readonly asks that wait already when the first begins join it, ${order}`, async () => {
    const { puppet, time } = createPuppets(options);
    const a = puppet();
    const latch = new Latch();
    const { join, most } = crowd(latch);
    const asked = Array.from({ length: 5 }, () => a.look(join));
    await time.settle();
    assert.equal(most(), 5);
    latch.open();
    await Promise.all(asked);
  });

  test(`no more than the bound are in progress, and the next begins as one ends, ${order}`, async () => {
    const { puppet, time, diary } = createPuppets(options);
    const a = puppet();
    const latch = new Latch();
    const first = new Latch();
    const { join, most } = crowd(latch);
    const early = a.look(async () => {
      await first.opened;
      return "";
    });
    const asked = Array.from({ length: limits.readonlyCallsMax + 10 }, () => a.look(join));
    const last = a.look(() => {
      diary.push("the last one");
      return "";
    });
    await time.settle();
    assert.equal(most(), limits.readonlyCallsMax - 1);
    first.open();
    await early;
    await time.settle();
    assert.equal(most(), limits.readonlyCallsMax, "the freed place is taken");
    assert.deepEqual(diary, []);
    latch.open();
    await Promise.all(asked);
    await last;
  });

  test(`a thousand readonly asks that end at once do not wait for one that does not, ${order}`, async () => {
    const { puppet, time } = createPuppets(options);
    const a = puppet();
    const latch = new Latch();
    const slow = a.look(async () => {
      await latch.opened;
      return "slow";
    });
    let answered = 0;
    const quick = Array.from({ length: 1_000 }, () => a.look(() => "x").then(() => answered++));
    await time.settle();
    assert.equal(answered, 1_000);
    latch.open();
    await Promise.all([slow, ...quick]);
  });

  test(`a write waits for the readers before it and is not overtaken by those behind, ${order}`, async () => {
    const { puppet, time, diary } = createPuppets(options);
    const a = puppet();
    const latch = new Latch();
    const read =
      (text: string): Play =>
      async () => {
        diary.push(text);
        await latch.opened;
        return text;
      };
    const asked = [a.look(read("1")), a.look(read("2"))];
    await time.settle();
    asked.push(
      a.act(() => `${diary.push("write")}`),
      a.look(read("3")),
    );
    await time.settle();
    assert.deepEqual(diary, ["1", "2"]);
    latch.open();
    await Promise.all(asked);
    assert.deepEqual(diary, ["1", "2", "write", "3"]);
  });
}

test("each of several readers in progress sends as its actor; after an await it knows no sender but via", async () => {
  const { puppet, time } = createPuppets();
  const [a, b, c] = [puppet({ name: "a" }), puppet({ name: "b" }), puppet({ name: "c" })];
  const latch = new Latch();
  const look: Play = async (ctx) => {
    const before = nameOf(ctx.sender);
    await latch.opened;
    return `${before}, later ${nameOf(ctx.sender)}`;
  };
  const both = [b.act(() => a.look(look)), c.act(() => a.look(look))];
  await time.settle();
  latch.open();
  const said = await Promise.all(both);
  assert.match(String(said[0]), /^b, later (b|nobody)$/);
  assert.match(String(said[1]), /^c, later (c|nobody)$/);
});

test("a reader that crashes fails alone; those in progress with it may end", async () => {
  const { puppet, time } = createPuppets();
  const a = puppet();
  const [crash, end] = [new Latch(), new Latch()];
  const failing = outcomeOf(
    a.look(async () => {
      await crash.opened;
      throw new Error("it fails");
    }),
  );
  const ending = a.look(async () => {
    await end.opened;
    return "ended";
  });
  await time.settle();
  crash.open();
  assert.equal(await failing, "actor_crashed");
  const next = a.act(() => "fresh");
  end.open();
  assert.equal(await ending, "ended");
  await time.advance(10);
  assert.equal(await next, "fresh");
});
