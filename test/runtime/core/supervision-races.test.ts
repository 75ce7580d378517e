// What happens at the same time: failures, stops and restarts that meet.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { supervisionDefault } from "#runtime/core/supervision.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { backoff, performWith } from "./stage.ts";

const abc = [{ name: "a" }, { name: "b" }, { name: "c" }];

test("a sibling that crashes before its turn to be ended is restarted once, with the others", async () => {
  const cast = [{ name: "a" }, { name: "b" }, { name: "c", script: { ends: [50] } }];
  const { player, after } = await performWith(cast, { strategy: "one-for-all", restartsMax: 1 });
  player("b").fail("corrupt");
  await after(10);
  player("a").fail("corrupt");
  assert.deepEqual(await after(500), [
    "50 b crashed",
    "50 a crashed",
    "70 a starts",
    "70 b starts",
    "70 c starts",
  ]);
});

test("a failure further up during the delay takes the restart over", async () => {
  const { player, after } = await performWith(abc, { strategy: "rest-for-one" });
  player("c").fail("corrupt");
  assert.deepEqual(await after(10), ["0 c crashed"]);
  player("a").fail("corrupt");
  assert.deepEqual(await after(500), [
    "10 b crashed",
    "10 a crashed",
    "50 a starts",
    "50 b starts",
    "50 c starts",
  ]);
});

test("a failure of one that runs again, while the next begins, begins the group anew", async () => {
  const cast = [{ name: "a" }, { name: "b", script: { starts: [0, 30] } }, { name: "c" }];
  const { player, after } = await performWith(cast, { strategy: "one-for-all" });
  player("c").fail("corrupt");
  assert.deepEqual(await after(30), [
    "0 c crashed",
    "0 b crashed",
    "0 a crashed",
    "20 a starts",
    "20 b starts",
  ]);
  player("a").fail("corrupt");
  assert.deepEqual(await after(500), [
    "50 b crashed",
    "50 a crashed",
    "90 a starts",
    "90 b starts",
    "90 c starts",
  ]);
});

test("with one-for-one, children fail and come back side by side", async () => {
  const { player, after } = await performWith(abc, { strategy: "one-for-one" });
  player("a").fail("corrupt");
  await after(5);
  player("b").fail("corrupt");
  assert.deepEqual(await after(100), ["5 b crashed", "20 a starts", "25 b starts"]);
});

test("a stop during the delay is done at once, and the delay is forgotten", async () => {
  const { player, stage, after } = await performWith([{ name: "a" }], { strategy: "one-for-one" });
  player("a").fail("corrupt");
  await after(10);
  stage.stop("a", "drop");
  assert.deepEqual(await after(100), ["10 a is gone, stopped"]);
});

test("a stop during the farewell of a restart waits for the farewell", async () => {
  const cast = [{ name: "a", script: { ends: [40] } }];
  const { player, stage, after } = await performWith(cast, { strategy: "one-for-one" });
  player("a").fail("corrupt");
  assert.deepEqual(await after(10), ["0 a crashed"]);
  stage.stop("a", "drop");
  assert.deepEqual(await after(20), []);
  assert.deepEqual(await after(500), ["40 a is gone, stopped"]);
});

test("what an instance still has under way during the delay can neither fail it nor speak for it", async () => {
  const cast = [{ name: "a", stopTimeoutMs: 10 }];
  const slow = { ...backoff, delayMsMin: 200 };
  const performance = await performWith(cast, { strategy: "one-for-one", backoff: slow });
  const { player, after, log } = performance;
  player("a").say("too late for the end", 100);
  await after(0);
  player("a").failByTimer(0);
  player("a").failByPipe();
  await after(0);
  performance.stage.stop("a", "drop");
  assert.deepEqual(await after(50), ["10 a stopped", "10 a is gone, stopped"]);
  const lines = log.filter(({ actor }) => actor === "/stage/a").map(({ message }) => message);
  assert.deepEqual(lines, ["a handler did not end in 10 ms and is left behind"]);
});

test("who passes its bounds stands still until its parent is begun anew, with a clean slate", async () => {
  const bounds = { strategy: "one-for-one", restartsMax: 1, withinMs: 60_000 } as const;
  const { player, after, fatal } = await performWith([{ name: "a" }], bounds);
  for (let round = 0; round < 2; round += 1) {
    player("a").fail("corrupt");
    await after(30);
  }
  const beforeRestart = await after(70);
  assert.deepEqual(beforeRestart, []);
  player("a").fail("corrupt");
  assert.deepEqual(await after(100), ["130 a crashed", "150 a starts"]);
  assert.equal(fatal.length, 0);
});

test("a parent that goes on in spite of an escalated failure takes its child along", async () => {
  const above = { ...supervisionDefault, decide: { corrupt: "resume" } } as const;
  const cast = [{ name: "a" }];
  const escalating = { strategy: "one-for-one", decide: { corrupt: "escalate" } } as const;
  const { player, after } = await performWith(cast, escalating, above);
  player("a").fail("corrupt");
  player("a").say("goes on", 0);
  assert.deepEqual(await after(10), ["0 a goes on"]);
  const startsBadly = [{ name: "b", script: { starts: [Number.NaN] } }];
  const crashing = { strategy: "one-for-one", decide: { actor_crashed: "escalate" } } as const;
  const resuming = { ...supervisionDefault, decide: { actor_crashed: "resume" } } as const;
  const other = await performWith(startsBadly, crashing, resuming);
  assert.deepEqual(await other.after(100), ["20 b starts"]);
});

test("a child that ran for the whole window without failing begins its backoff anew", async () => {
  const bounds = { strategy: "one-for-one", restartsMax: 9, withinMs: 1_000 } as const;
  const { player, after } = await performWith([{ name: "a" }, { name: "b" }], bounds);
  const delayOf = async (name: string): Promise<string | undefined> => {
    player(name).fail("corrupt");
    return (await after(200)).at(-1);
  };
  assert.equal(await delayOf("a"), "20 a starts");
  assert.equal(await delayOf("a"), "240 a starts");
  assert.equal(await delayOf("b"), "420 b starts", "its neighbour's row is not its own");
  assert.equal(await delayOf("a"), "680 a starts");
  await after(880);
  assert.equal(await delayOf("a"), "1700 a starts");
});

interface Recursor {
  born(): number;
}
const Recursor = protocol<Recursor>("test.Recursor@1", { born: ask });
class RecursorActor extends Actor<Recursor, { births: { count: number } }> {
  static readonly protocol = Recursor;
  static initial = (args: { births: { count: number } }) => args;
  override start(): void {
    this.state.births.count += 1;
    if (this.state.births.count < 5_000) throw new Error("not yet");
  }
  born(): number {
    return this.state.births.count;
  }
}

test("thousands of failed starts without delay are no recursion, and starve nobody", async () => {
  const supervise = {
    ...supervisionDefault,
    restartsMax: Number.POSITIVE_INFINITY,
    backoff: { ...backoff, delayMsMin: 0 },
  };
  const { system } = createTestSystem({ supervise });
  const births = { count: 0 };
  const ref = system.spawn(RecursorActor, { births });
  assert.equal(await ref.$.with({ within: 60_000 }).born(), 5_000);
});

interface Twice {
  fail(): void;
}
const Twice = protocol<Twice>("test.Twice@1", { fail: tell });
class TwiceActor extends Actor<Twice> implements Handlers<Twice> {
  static readonly protocol = Twice;
  async fail(): Promise<void> {
    const broken = Promise.reject<undefined>(new Failure("corrupt", "the one cause"));
    this.ctx.pipe(broken, "fail");
    await broken;
  }
}

test("one cause that fails a piped promise and its handler is decided about once", async () => {
  const supervise = { ...supervisionDefault, restartsMax: 1 };
  const { system, time, log, fatal } = createTestSystem({ supervise });
  system.spawn(TwiceActor, { name: "twice" }).fail();
  await time.advance(1_000);
  assert.equal(log.filter(({ message }) => /crashed in/.test(message)).length, 1);
  assert.deepEqual(fatal, []);
});

test("options that make no sense are refused, and nobody is spawned", () => {
  const { system } = createTestSystem();
  const before = system.inspect().children.length;
  const supervise = { ...supervisionDefault, restartsMax: -1 };
  const table = [{ supervise }, { startTimeoutMs: -1 }, { stopTimeoutMs: Number.NaN }] as const;
  for (const options of table) {
    assert.throws(() => system.spawn(TwiceActor, { name: "twice", ...options }), /invalid: /);
  }
  assert.equal(system.inspect().children.length, before);
  system.spawn(TwiceActor, { name: "twice" });
});
