// Every bound of the engine is visible by its name: how near its fullest holder is, and how often it
// gave its answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { BoundCounts, type BoundName, engineBounds } from "#runtime/core/bounds.ts";
import { type Topic, topic } from "#runtime/core/event-bus.ts";
import { RemoteOutbox } from "#runtime/core/remote-outbox.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { TimerQueue } from "#runtime/core/timer-queue.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";
import { createPuppets, Latch, outcomeOf, type Play, Puppet, type PuppetStage } from "./puppet.ts";

const idle = (): void => {};
const countTo = (most: number, act: (index: number) => void): void => {
  for (let index = 0; index < most; index += 1) act(index);
};
const stateOf = (system: ActorSystem, bound: BoundName) => {
  const found = system.bounds.find((state) => state.bound === bound);
  if (!found) throw new Error(`there is no ${bound}`);
  return found;
};

/** What a bound is told to hold, and one more. */
type Reach = (stage: PuppetStage) => Promise<void>;

/** Fills one actor from within until it throws, and answers the code. */
const filling =
  (most: number, act: (...given: Parameters<Play>) => void): Reach =>
  async ({ puppet, time }) => {
    const filled = puppet({ name: "filled" });
    const code = outcomeOf(
      filled.act((ctx) => {
        countTo(most, () => act(ctx));
        try {
          act(ctx);
          return "no refusal";
        } catch (error) {
          assert.match(String(error), /filled|listeners/);
          return error instanceof Error && "code" in error ? String(error.code) : "no code";
        }
      }),
    );
    assert.equal(await time.until(code, 0), "mailbox_full");
  };

const never = new Promise<string>(() => {});
const unheard: Topic<string> = topic("unheard");

const reaches: Partial<Record<BoundName, Reach>> = {
  mailboxMessagesMax: async ({ puppet, time }) => {
    const latch = new Latch();
    const filled = puppet();
    filled.hint(() => latch.opened);
    await time.settle();
    countTo(limits.mailboxMessagesMax + 1, () => filled.hint(idle));
  },
  ownMessagesMax: async ({ puppet, time }) => {
    puppet().hint((ctx) => {
      countTo(limits.ownMessagesMax, () => ctx.send("rung", ""));
      assert.throws(() => ctx.send("rung", ""), { code: "mailbox_full" });
      return never.then(idle);
    });
    await time.settle();
  },
  stashMessagesMax: async ({ puppet, time }) => {
    const filled = puppet();
    countTo(4, () => filled.hint((ctx) => ctx.stash()));
    await time.settle();
  },
  timersSetMax: filling(limits.timersSetMax, (ctx) => ctx.after(1_000, "rung", "")),
  pipesPendingMax: filling(limits.pipesPendingMax, (ctx) => ctx.pipe(never, "piped")),
  readonlyCallsMax: async ({ puppet, time }) => {
    const filled = puppet();
    countTo(limits.readonlyCallsMax + 1, () => void outcomeOf(filled.look(() => never)));
    await time.settle();
  },
  roomAwaitedMax: async ({ puppet, time }) => {
    const filled = puppet({ mailbox: { capacity: 1, whenFull: "backpressure" } });
    filled.hint(() => never.then(idle));
    await time.settle();
    filled.hint(idle);
    countTo(limits.roomAwaitedMax, () => void filled.$.room());
    await assert.rejects(filled.$.room(), { code: "mailbox_full" });
  },
  asksPendingMax: async ({ puppet, time }) => {
    const filled = puppet({ mailbox: { capacity: 200_000, whenFull: "reject" } });
    countTo(limits.asksPendingMax, () => void outcomeOf(filled.act(() => never)));
    assert.equal(await time.until(outcomeOf(filled.act(() => never)), 0), "mailbox_full");
  },
  listenersMax: async ({ system }) => {
    const more = (): void => void system.events.subscribe(unheard, idle);
    countTo(limits.listenersMax - system.events.listenerCount, more);
    assert.throws(more, { code: "mailbox_full" });
  },
  startMsDefault: async ({ puppet, time }) => {
    puppet({ start: () => never.then(idle) });
    await time.advance(limits.startMsDefault);
  },
  stopMsDefault: async ({ system, puppet, time }) => {
    const stuck = puppet();
    stuck.hint(() => never.then(idle));
    await time.settle();
    await time.until(system.stopActor(stuck), limits.stopMsDefault);
  },
  deadLettersKeptMax: async ({ system, puppet, time }) => {
    const gone = puppet();
    await time.until(system.stopActor(gone), 0);
    countTo(limits.deadLettersKeptMax + 1, () => gone.hint(idle));
  },
  deadLettersLoggedMax: async ({ system, puppet, time }) => {
    const gone = puppet();
    await time.until(system.stopActor(gone), 0);
    countTo(limits.deadLettersLoggedMax + 1, () => gone.hint(idle));
  },
};

for (const [name, reach] of Object.entries(reaches)) {
  test(`${name} gives its answer at its bound, counts that, and shows its level`, async () => {
    const bound = engineBounds.find((known) => known === name);
    if (!bound) throw new Error(`${name} is no bound of the engine`);
    const stage = createPuppets();
    assert.equal(stateOf(stage.system, bound).reached, 0);
    await reach(stage);
    const { highest, max, reached } = stateOf(stage.system, bound);
    assert.equal(reached, 1);
    assert.equal(max, limits[bound]);
    // A class of its own bound: three messages put aside.
    if (highest !== undefined) assert.equal(highest, bound === "stashMessagesMax" ? 3 : max);
    await stage.stop();
  });
}

test("a timer that takes the place of another is set also at the bound", async () => {
  const { puppet, time, stop } = createPuppets();
  const filled = puppet();
  const key = outcomeOf(
    filled.act((ctx) => {
      countTo(limits.timersSetMax, (index) =>
        ctx.after({ ms: 1_000, key: `${index}` }, "rung", ""),
      );
      return ctx.after({ ms: 500, key: "7" }, "rung", "");
    }),
  );
  assert.equal(await time.until(key, 0), "7");
  await stop();
});

test("a timer of no time is refused, and the one of its key stays", async () => {
  const { puppet, time, diary, stop } = createPuppets();
  const one = puppet();
  const code = outcomeOf(
    one.act((ctx) => {
      ctx.after({ ms: 10, key: "bell" }, "rung", "rings");
      assert.throws(() => ctx.after({ ms: Number.NaN, key: "bell" }, "rung", "never"), {
        code: "invalid",
      });
      return "refused";
    }),
  );
  assert.equal(await time.until(code, 0), "refused");
  await time.advance(10);
  assert.deepEqual(diary, ["rings"]);
  await stop();
});

test("promises that ended instances have piped count until they settle", async () => {
  const { system, puppet, time, stop } = createPuppets();
  const one = puppet();
  for (const _ of [1, 2, 3]) {
    one.hint((ctx) => {
      countTo(5, () => ctx.pipe(never, "piped"));
      throw new Error("again");
    });
  }
  await time.settle();
  assert.equal(stateOf(system, "pipesPendingMax").highest, 15);
  await stop();
});

test("an actor is at most so many generations below the root, and more are refused in words", async () => {
  const Heir = protocol<Record<never, never>>("test.Heir@1", {});
  const ends: string[] = [];
  class HeirActor extends Actor<unknown> {
    static readonly protocol = Heir;
    override start(): void {
      try {
        this.ctx.spawn(HeirActor);
      } catch (error) {
        ends.push(String(error));
      }
    }
  }
  const { system, time, stop } = createPuppets();
  system.spawn(HeirActor);
  await time.settle();
  const { highest, reached } = stateOf(system, "generationsMax");
  assert.deepEqual({ highest, reached }, { highest: limits.generationsMax, reached: 1 });
  assert.match(ends.join(), /^Failure: invalid: \S+ is 256 generations below the root.*siblings/);
  await stop();
});

test("an ask between nodes that leaves handlers of its chain out is counted", async () => {
  const { system, puppet, time, stop } = createPuppets();
  const far = system.refTo(Puppet, { node: "far", path: "/away" });
  const [first, ...rest] = Array.from({ length: limits.askChainMax + 1 }, () => puppet());
  const step: Play = (_ctx, next, ...others) => next?.act(step, ...others);
  assert.equal(
    await time.until(outcomeOf(first?.act(step, ...rest, far) ?? never), 0),
    "not_found",
  );
  assert.equal(stateOf(system, "askChainMax").reached, 1);
  await stop();
});

test("what is owed to a node beyond the bound is lost, and counted", () => {
  const time = new VirtualTime();
  const bounds = new BoundCounts();
  const node = { name: "far", incarnation: 1 };
  const timers = new TimerQueue(time, time.createTimers());
  const unused = (): never => {
    throw new Error("not needed here");
  };
  const outbox = Reflect.construct(RemoteOutbox, [
    {
      transport: { send: () => "link_full", start: unused, stop: unused },
      ...{ node, clock: time, timers, bounds },
    },
  ]);
  const watcher = { node, watcher: 1, named: { path: "/a", uid: 1 } };
  countTo(limits.owedPerNodeMax + 2, () => outbox.notify(watcher, { kind: "stopped" }));
  assert.equal(outbox.owedHighest, limits.owedPerNodeMax);
  assert.equal(bounds.of("owedPerNodeMax"), 2);
});

test("messages that end unhandled are counted by cause, and a full mailbox by its policy", async () => {
  const { system, puppet, time, stop } = createPuppets();
  const latch = new Latch();
  const priorities = { hint: 6 };
  for (const whenFull of ["reject", "drop-oldest", "drop-lowest-priority"] as const) {
    const full = puppet({ mailbox: { capacity: 1, whenFull, priorities } });
    full.hint(() => latch.opened);
    await time.settle();
    countTo(3, () => full.hint(idle));
  }
  const patient = puppet({ mailbox: { capacity: 1, whenFull: "backpressure" } });
  patient.hint(() => latch.opened);
  await time.settle();
  countTo(3, () => patient.hint(idle));
  const controller = new AbortController();
  const busy = puppet();
  busy.hint(() => latch.opened);
  await time.settle();
  const withdrawn = outcomeOf(busy.$.with({ signal: controller.signal }).act(() => "never"));
  controller.abort();
  const ringing = puppet();
  ringing.hint((ctx) => {
    ctx.after({ ms: 0, key: "bell" }, "rung", "never");
    return latch.opened;
  });
  ringing.hint((ctx) => ctx.cancel("bell"));
  await time.advance(1);
  latch.open();
  await time.advance(1);
  assert.equal(await withdrawn, "cancelled");
  const { dead, deadBy } = system.counts;
  assert.equal(
    Object.values(deadBy).reduce((sum, count) => sum + count),
    dead,
  );
  assert.deepEqual(
    [deadBy.reject, deadBy["drop-oldest"], deadBy["drop-lowest-priority"]],
    [2, 2, 2],
  );
  assert.ok(deadBy.backpressure > 0);
  assert.deepEqual([deadBy.withdrawn, deadBy.timer_cancelled], [1, 1]);
  await stop();
});
