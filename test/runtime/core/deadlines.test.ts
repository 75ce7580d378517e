// Deadlines and cancellation along a chain of asks: what is left shrinks, whoever gives up takes all
// with him, and what comes too late is dropped and counted.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { Metrics } from "#runtime/observation/metrics.ts";
import type { VirtualTime } from "#runtime/testkit/virtual-time.ts";
import {
  createPuppetNodes,
  createPuppets,
  Latch,
  outcomeOf,
  type Play,
  type Puppet,
  type PuppetStage,
  seenFrom,
} from "./puppet.ts";

interface Hops {
  readonly time: VirtualTime;
  readonly stages: readonly PuppetStage[];
  /** Each with the stage that it lives on. */
  readonly puppets: readonly { readonly ref: Ref<Puppet>; readonly stage: PuppetStage }[];
}

const hops: Readonly<Record<string, () => Promise<Hops>>> = {
  "on one node": async () => {
    const stage = createPuppets();
    const puppets = ["a", "b", "c"].map((name) => ({ ref: stage.puppet({ name }), stage }));
    return { time: stage.time, stages: [stage], puppets };
  },
  "over three nodes": async () => {
    const { nodes, time } = await createPuppetNodes();
    const puppets = nodes.map((stage) => ({ ref: stage.puppet({ name: "hop" }), stage }));
    return { time, stages: nodes, puppets };
  },
};

/** Goes from puppet to puppet, waiting so long in each before it asks the next one. */
function through(puppets: Hops["puppets"], waitMs: number, last: Play, at = 0): Play {
  const next = puppets[at + 1];
  const here = puppets[at];
  if (next === undefined || here === undefined) return last;
  return async (ctx) => {
    await ctx.sleep(waitMs);
    return ctx.via(seenFrom(here.stage, next.ref)).act(through(puppets, waitMs, last, at + 1));
  };
}

for (const [where, make] of Object.entries(hops)) {
  test(`the time that is left shrinks from hop to hop, ${where}`, async () => {
    const { puppets, time } = await make();
    const [first] = puppets;
    const asked = first?.ref.$.with({ within: 100 }).act(
      through(puppets, 20, async (ctx) => {
        await ctx.sleep(5);
        return ctx.remaining;
      }),
    );
    await time.advance(50);
    assert.equal(await asked, 55);
  });

  test(`a hop cannot give more time than it has, but less, ${where}`, async () => {
    const { puppets, time } = await make();
    const [first, second] = puppets;
    assert(first && second);
    const next = seenFrom(first.stage, second.ref);
    const left = (within: number): Promise<unknown> =>
      time.until(
        first.ref.$.with({ within: 100 }).act(() =>
          next.$.with({ within }).act((ctx) => ctx.remaining),
        ),
      );
    assert.equal(await left(1_000_000), 100);
    assert.equal(await left(30), 30);
  });

  test(`when the deadline passes every hop's signal is aborted and nothing stays open, ${where}`, async () => {
    const { puppets, stages, time } = await make();
    const [first] = puppets;
    const aborted: number[] = [];
    const listening: Play = (ctx) => {
      ctx.signal.addEventListener("abort", () => aborted.push(ctx.now()));
      return ctx.sleep(1_000).then(() => "too late");
    };
    const asked = outcomeOf(
      first?.ref.$.with({ within: 100 }).act(through(puppets, 10, listening)) ?? assert.fail(),
    );
    await time.advance(100);
    assert.equal(await asked, "timeout");
    await time.settle();
    assert.deepEqual(aborted, [100]);
    for (const { system } of stages) assert.equal(system.asks.openCount, 0);
  });

  test(`who cancels takes back everything that was asked on his behalf, at once, ${where}`, async () => {
    const { puppets, stages, time } = await make();
    const [first] = puppets;
    const controller = new AbortController();
    const outcomes: unknown[] = [];
    const listening: Play = (ctx) => {
      ctx.signal.addEventListener("abort", () => outcomes.push(`aborted at ${ctx.now()}`));
      return ctx.sleep(1_000).then(() => "too late");
    };
    const asked = outcomeOf(
      first?.ref.$.with({ signal: controller.signal }).act(through(puppets, 10, listening)) ??
        assert.fail(),
    );
    await time.advance(30);
    controller.abort();
    assert.equal(await asked, "cancelled");
    await time.settle();
    assert.deepEqual(outcomes, ["aborted at 30"]);
    for (const { system } of stages) assert.equal(system.asks.openCount, 0);
    // What the last one still has to say is too late.
    await time.advance(1_000);
    const late = stages.map(({ system }) => system.asks.lateReplyCount);
    assert.ok(late.some((count) => count > 0));
  });

  test(`a signal that is looked at after the asker gave up is aborted already, ${where}`, async () => {
    const { puppets, time } = await make();
    const [first] = puppets;
    let wasAborted: boolean | undefined;
    const asked = outcomeOf(
      first?.ref.$.with({ within: 10 }).act(async (ctx) => {
        await ctx.sleep(20);
        wasAborted = ctx.signal.aborted;
        return "too late";
      }) ?? assert.fail(),
    );
    await time.advance(30);
    assert.equal(await asked, "timeout");
    assert.equal(wasAborted, true);
  });
}

test("a late reply is dropped and counted once, on one node", async () => {
  const { puppet, system, time } = createPuppets();
  const a = puppet();
  const latch = new Latch();
  const asked = outcomeOf(
    a.$.with({ within: 10 }).act(async () => {
      await latch.opened;
      return "late";
    }),
  );
  await time.advance(10);
  assert.equal(await asked, "timeout");
  assert.equal(system.asks.lateReplyCount, 0);
  latch.open();
  await time.settle();
  assert.equal(system.asks.lateReplyCount, 1);
  const metrics = new Metrics({ clock: system.clock });
  metrics.attach(system);
  assert.match(metrics.toPrometheus(), /^troupe_late_replies_total 1$/m);
});

test("a deferred answer that nobody gets may fail: it is told, and ends no process", async () => {
  const { puppet, time, log } = createPuppets();
  puppet().hint((ctx) => {
    // A tell has no answer, which the type system says, too.
    return ctx.defer(Promise.reject(new Error("of a tell"))) as unknown as undefined;
  });
  await time.settle();
  // A rejection that nobody handles would have failed this test by now.
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(log.some(({ message }) => message.includes("of a tell")));
});

test("the signal of a handler whose actor is stopped is aborted, looked at before or after", async () => {
  const { puppet, diary, time, system } = createPuppets();
  const a = puppet();
  const latch = new Latch();
  a.hint(async (ctx) => {
    await latch.opened;
    diary.push(`aborted: ${ctx.signal.aborted}`);
  });
  await time.settle();
  const stopped = system.stopActor(a);
  await time.settle();
  latch.open();
  await stopped;
  assert.deepEqual(diary, ["aborted: true"]);
});

test("a deadline holds in the mailbox too: what it passes over is not handled", async () => {
  const { puppet, diary, time } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  const latch = new Latch();
  const busy = b.act(async () => {
    await latch.opened;
    return "";
  });
  const asked = outcomeOf(
    a.$.with({ within: 10 }).act(() =>
      b.act(() => {
        diary.push("handled");
        return "";
      }),
    ),
  );
  await time.advance(10);
  assert.equal(await asked, "timeout");
  latch.open();
  await busy;
  await time.settle();
  assert.deepEqual(diary, []);
});

test("what asks on an asker's behalf when that has given up fails at once", async () => {
  const { puppet, time } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  let code: unknown;
  const asked = outcomeOf(
    a.$.with({ within: 10 }).act(async (ctx) => {
      await ctx.sleep(20);
      code = await outcomeOf(ctx.via(b).act(() => new Promise(() => {})));
      return "";
    }),
  );
  await time.advance(30);
  assert.equal(await asked, "timeout");
  assert.equal(code, "timeout");
});

test("a chain of 20,000 asks is withdrawn to its end at once", async () => {
  const { puppet, time, system } = createPuppets();
  const chain = Array.from({ length: 20_000 }, () => puppet());
  const controller = new AbortController();
  const on =
    (at: number): Play =>
    () =>
      chain[at]?.act(on(at + 1)) ?? new Promise(() => {});
  const asked = outcomeOf(puppet().$.with({ signal: controller.signal }).act(on(0)));
  await time.settle();
  assert.equal(system.asks.openCount, 20_001);
  controller.abort();
  assert.equal(await asked, "cancelled");
  assert.equal(system.asks.openCount, 0);
});

test("one signal serves any number of asks: the language hears of one listener, and all end with it", async () => {
  const { puppet, time, system } = createPuppets();
  const busy = puppet({ mailbox: { capacity: 50_000, whenFull: "reject" } });
  busy.hint(() => new Promise(() => {}));
  await time.settle();
  const controller = new AbortController();
  const { signal } = controller;
  const ref = busy.$.with({ signal });
  const answered = await Promise.all(
    Array.from({ length: 20 }, () =>
      puppet()
        .$.with({ signal })
        .act(() => "answered"),
    ),
  );
  assert.deepEqual(new Set(answered), new Set(["answered"]));
  const asked = Array.from({ length: 40_000 }, () => outcomeOf(ref.act(() => "never")));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  controller.abort();
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(["cancelled"]));
  assert.equal(system.asks.openCount, 0);
});

test("a time that is over is told in words that help whoever reads them, far away too", async () => {
  const { puppet, time } = createPuppets();
  const asked = puppet({ name: "idle" })
    .$.with({ within: 100 })
    .act(async (ctx) => {
      await ctx.sleep(1_000);
      return 0;
    });
  const failure = await time.until(asked.then(() => undefined, Failure.of));
  assert.equal(failure?.code, "timeout");
  assert.match(
    failure?.detail ?? "",
    /no answer from .*idle\S* act in 100 ms.*: ask again, or give it/,
  );
  assert.doesNotMatch(failure?.detail ?? "", /\$|\(\)/);
});
