// Who a message is from: the actor whose code sent it, or nobody. Never somebody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { Ref } from "#protocols/actor-ref.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import {
  askedBy,
  createPuppets,
  type Hint,
  Latch,
  nameOf,
  type Puppet,
  PuppetActor,
  type Value,
} from "./puppet.ts";

/** Has somebody write down who the hint is from. */
const noted =
  (diary: string[], what: string): Hint =>
  (ctx) => {
    diary.push(`${what} from ${nameOf(ctx.sender)}`);
  };

test("a tell and an ask are from the actor whose handler sent them, an outsider is nobody", async () => {
  const { puppet, diary, time } = createPuppets();
  const a = puppet({ name: "a" });
  const b = puppet({ name: "b" });
  a.hint(() => b.hint(noted(diary, "tell")));
  b.hint(noted(diary, "outside"));
  assert.equal(await a.act(() => b.act(askedBy)), "a");
  assert.equal(await b.act(askedBy), "nobody");
  await time.settle();
  assert.deepEqual(diary, ["outside from nobody", "tell from a"]);
});

test("the handler still knows its sender after it awaited anything", async () => {
  const { puppet, time } = createPuppets();
  const a = puppet({ name: "a" });
  const b = puppet({ name: "b" });
  const asked = a.act(() =>
    b.act(async (ctx) => {
      await ctx.sleep(10);
      return nameOf(ctx.sender);
    }),
  );
  await time.advance(10);
  assert.equal(await asked, "a");
});

test("what is sent right after awaiting an ask is from its actor, also when others go on at once", async () => {
  const { puppet, diary, time } = createPuppets();
  const source = puppet({ name: "source" });
  const ear = puppet({ name: "ear" });
  const askers = ["a", "b", "c"].map((name) => puppet({ name }));
  for (const asker of askers) {
    asker.hint(async (ctx) => {
      for (let round = 0; round < 3; round += 1) {
        await source.act(askedBy);
        ear.hint(noted(diary, nameOf(ctx.self)));
      }
    });
  }
  await time.settle();
  assert.equal(diary.length, 9);
  for (const line of diary) assert.match(line, /^(\w) from \1$/);
});

test("after parallel asks, races and generators a tell is from its actor or from nobody", async () => {
  const { puppet, diary, time } = createPuppets();
  const sources = [puppet(), puppet(), puppet()];
  const ear = puppet({ name: "ear" });
  const all = (): Promise<Value>[] => sources.map((source) => source.act(() => "x"));
  const manners: readonly (() => Promise<unknown>)[] = [
    () => Promise.all(all()),
    () => Promise.race(all()),
    () => Promise.allSettled(all()),
    () => Promise.any(all()),
    async () => {
      async function* each(): AsyncGenerator<Value> {
        for (const source of sources) yield await source.act(() => "x");
      }
      for await (const value of each()) ear.hint(() => void value);
    },
    () => Promise.resolve().then(() => sources[0]?.act(() => "x")),
  ];
  const askers = ["a", "b", "c", "d"].map((name) => puppet({ name }));
  for (const manner of manners) {
    for (const asker of askers) {
      asker.hint(async (ctx) => {
        await manner();
        ear.hint(noted(diary, nameOf(ctx.self)));
        ctx.via(ear).hint(noted(diary, `via ${nameOf(ctx.self)}`));
      });
    }
  }
  await time.settle();
  assert.equal(diary.length, 2 * manners.length * askers.length);
  for (const line of diary) assert.match(line, /^(\w) from (\1|nobody)$|^via (\w) from \3$/);
});

test("what a listener of an abort signal sends is not from whoever aborted it", async () => {
  const { puppet, diary, time } = createPuppets();
  const ear = puppet({ name: "ear" });
  const worker = puppet({ name: "worker" });
  const controller = new AbortController();
  const asked = worker.$.with({ signal: controller.signal })
    .act((ctx) => {
      ctx.signal.addEventListener("abort", () => ear.hint(noted(diary, "tell")));
      return ctx.defer(new Promise<Value>(() => {}));
    })
    .catch(() => {});
  await time.settle();
  const other = puppet({ name: "other" });
  await other.act(() => {
    controller.abort();
    return "done";
  });
  await asked;
  await time.settle();
  assert.deepEqual(diary, ["tell from worker"]);
});

test("what `start` and `stopped` send is from that actor, whoever made it end", async () => {
  const { puppet, diary, time } = createPuppets();
  const ear = puppet({ name: "ear" });
  const parent = puppet({ name: "parent" });
  const send =
    (what: string): Hint =>
    () =>
      ear.hint(noted(diary, what));
  let asked: Promise<Value> | undefined;
  const child = await parent.act((ctx) =>
    ctx.spawnAs(
      // The class is known; its arguments hold functions.
      PuppetActor,
      {
        diary,
        start: send("start"),
        stopped: () => {
          ear.hint(noted(diary, "stopped"));
          asked = ear.act(askedBy);
        },
      },
      { name: "child" },
    ),
  );
  await time.settle();
  await parent.act((ctx) => {
    if (typeof child === "object" && "$" in child) ctx.stop(child);
    ear.hint(noted(diary, "parent"));
    return "done";
  });
  await time.settle();
  assert.deepEqual(diary, ["start from child", "stopped from child", "parent from parent"]);
  assert.equal(await asked, "child");
});

test("code that an ended instance left behind knows no sender and sends on nobody's behalf", async () => {
  const { puppet, diary, time } = createPuppets();
  const a = puppet({ name: "a" });
  const ear = puppet({ name: "ear" });
  const b = puppet({ name: "b", stopTimeoutMs: 10 });
  const late = new Latch();
  b.hint(async (ctx) => {
    ctx.pipe(Promise.reject(new Error("it fails")), "piped");
    await late.opened;
    diary.push(`${nameOf(ctx.sender)} ${ctx.remaining} ${ctx.trace}`);
    ctx.via(ear).hint(noted(diary, "tell"));
  });
  await time.advance(20);
  const answer = new Latch();
  const asked = a.act(() =>
    b.act(async () => {
      await answer.opened;
      return "fresh";
    }),
  );
  await time.settle();
  late.open();
  await time.settle();
  answer.open();
  assert.equal(await asked, "fresh");
  assert.deepEqual(diary, ["nobody Infinity undefined", "tell from nobody"]);
});

test("an ended actor's ref is still named as the sender of what it had sent", async () => {
  const { puppet, diary, time, system } = createPuppets();
  const b = puppet({ name: "b" });
  const latch = new Latch();
  const a: Ref<Puppet> = puppet({ name: "a" });
  b.hint(() => latch.opened);
  await a.act(() => {
    b.hint(noted(diary, "tell"));
    return "done";
  });
  await system.stopActor(a);
  latch.open();
  await time.settle();
  assert.deepEqual(diary, ["tell from a"]);
});

test("what a listener of the event bus sends is not from whoever published, nor on his behalf", async () => {
  const { puppet, diary, time, system } = createPuppets();
  const ear = puppet({ name: "ear" });
  const gone = puppet({ name: "gone" });
  await time.settle();
  await system.stopActor(gone);
  system.events.subscribe(systemTopics["dead-letter"], () => {
    ear.hint(noted(diary, "tell"));
    ear.act((ctx) => diary.push(`ask from ${nameOf(ctx.sender)}, ${ctx.remaining} ms`));
  });
  const a = puppet({ name: "a" });
  const asked = a.$.with({ within: 10 }).act(() => {
    gone.hint(() => {});
    ear.hint(noted(diary, "its own"));
    return "";
  });
  await asked;
  await time.settle();
  assert.deepEqual(diary, ["tell from nobody", "ask from nobody, 5000 ms", "its own from a"]);
});

test("a ref in a text or a log is its address", () => {
  const { puppet } = createPuppets();
  const a = puppet({ name: "a" });
  const address = a.$.toString();
  assert.equal(`${a}`, address);
  assert.equal(inspect(a), address);
  assert.equal(
    JSON.stringify({ a, bound: a.$.with({}) }),
    JSON.stringify({ a: address, bound: address }),
  );
});
