// How actors end: in order, in time, with or without what waits.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { Supervisor, type TreeChild } from "#runtime/patterns/supervisor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { performWith } from "./stage.ts";

const one = { strategy: "one-for-one" } as const;

test("children end one after the other, the youngest first, each with its time", async () => {
  const cast = [
    { name: "a", script: { ends: [10] } },
    { name: "b", script: { ends: [Number.NaN] } },
    { name: "c", script: { ends: [10] } },
  ];
  const { system, stage, after, log } = await performWith(cast, one);
  const stopped = system.stopActor(stage);
  assert.deepEqual(await after(100), ["0 c stopped", "10 b stopped", "10 a stopped"]);
  await stopped;
  assert.ok(log.some(({ actor, message }) => actor === "/stage/b" && /impossible/.test(message)));
});

test("a farewell that takes too long is left behind, and the next one goes on", async () => {
  const cast = [{ name: "a" }, { name: "b", script: { ends: [10_000] }, stopTimeoutMs: 50 }];
  const { system, stage, after, log } = await performWith(cast, one);
  const stopped = system.stopActor(stage);
  assert.deepEqual(await after(60), ["0 b stopped", "50 a stopped"]);
  await stopped;
  const lines = log.filter(({ actor }) => actor === "/stage/b").map(({ message }) => message);
  assert.deepEqual(lines, ["stopped did not end in 50 ms"]);
});

test("a start that hangs is left behind, and does not pass for the next one's end", async () => {
  const script = { starts: [400, 300] };
  const cast = [{ name: "a", script, startTimeoutMs: 100, stopTimeoutMs: 10 }];
  const { after } = await performWith(cast, one);
  assert.deepEqual(await after(1_000), [
    "100 a crashed",
    "120 a starts",
    "220 a crashed",
    "260 a starts",
  ]);
});

test("a drained actor handles what waits and refuses what comes, then ends", async () => {
  const { player, stage, after, system } = await performWith([{ name: "a" }], one);
  player("a").say("first", 20);
  player("a").say("second", 20);
  await after(10);
  stage.stop("a", "drain");
  await after(0);
  player("a").say("newcomer", 0);
  assert.deepEqual(await after(100), [
    "20 a first",
    "40 a second",
    "40 a stopped",
    "40 a is gone, stopped",
  ]);
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 1);
});

test("a dropped actor ends its handler and nothing more", async () => {
  const { player, stage, after, system } = await performWith([{ name: "a" }], one);
  player("a").say("first", 20);
  player("a").say("second", 20);
  await after(10);
  stage.stop("a", "drop");
  assert.deepEqual(await after(100), ["20 a first", "20 a stopped", "20 a is gone, stopped"]);
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 1);
});

test("an idle actor has drained at once, and may drain itself", async () => {
  const { player, stage, after } = await performWith([{ name: "a" }, { name: "b" }], one);
  stage.stop("a", "drain");
  assert.deepEqual(await after(0), ["0 a stopped", "0 a is gone, stopped"]);
  player("b").leave("drain");
  player("b").say("behind it", 5);
  assert.deepEqual(await after(50), ["5 b behind it", "5 b stopped", "5 b is gone, stopped"]);
});

test("a permanent actor that drains itself begins anew and takes messages again", async () => {
  const { player, after } = await performWith([{ name: "a", restart: "permanent" }], one);
  player("a").leave("drain");
  player("a").say("behind it", 0);
  assert.deepEqual(await after(50), ["0 a behind it", "0 a stopped", "20 a starts"]);
  player("a").say("again", 0);
  assert.deepEqual(await after(0), ["50 a again"]);
});

test("a crash while it drains is decided about, and the next instance goes on draining", async () => {
  const { player, stage, after } = await performWith([{ name: "a" }], one);
  player("a").say("first", 10);
  player("a").fail("corrupt");
  player("a").say("last", 0);
  await after(5);
  stage.stop("a", "drain");
  assert.deepEqual(await after(100), [
    "10 a first",
    "10 a crashed",
    "30 a starts",
    "30 a last",
    "30 a stopped",
    "30 a is gone, stopped",
  ]);
});

test("what is not drained in time is dropped, counted and logged", async () => {
  const cast = [{ name: "a", stopTimeoutMs: 50 }];
  const { player, stage, after, system, log } = await performWith(cast, one);
  for (const text of ["first", "second", "third"]) player("a").say(text, 40);
  await after(10);
  stage.stop("a", "drain");
  assert.deepEqual(await after(500), [
    "40 a first",
    "80 a second",
    "80 a stopped",
    "80 a is gone, stopped",
  ]);
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 1);
  assert.ok(log.some(({ message }) => message === "drained for 50 ms: 1 messages are left"));
});

test("a drain that its supervisor keeps waiting is over in time all the same", async () => {
  const cast = [{ name: "a", stopTimeoutMs: 50 }];
  const slow = { delayMsMin: 1_000, delayMsMax: 1_000, factor: 1, jitter: 0 };
  const { player, stage, after } = await performWith(cast, { ...one, backoff: slow });
  player("a").fail("corrupt");
  player("a").say("never", 0);
  await after(10);
  stage.stop("a", "drain");
  assert.deepEqual(await after(2_000), ["60 a is gone, stopped"]);
});

test("a stop cuts a drain short", async () => {
  const { player, stage, after } = await performWith([{ name: "a" }], one);
  for (const text of ["first", "second"]) player("a").say(text, 40);
  await after(10);
  stage.stop("a", "drain");
  await after(10);
  stage.stop("a", "drop");
  assert.deepEqual(await after(500), ["40 a first", "40 a stopped", "40 a is gone, stopped"]);
});

interface Leaver {
  leave(): string;
  adopt(): void;
}
const Leaver = protocol<Leaver>("test.Leaver@1", { leave: ask, adopt: tell });
class LeaverActor extends Actor<Leaver, { diary: string[] }> implements Handlers<Leaver> {
  static readonly protocol = Leaver;
  static initial = (args: { diary: string[] }) => args;
  leave(): string {
    this.ctx.stop();
    this.state.diary.push(`still at ${this.ctx.self.$.address.path}`);
    return "goodbye";
  }
  adopt(): void {
    this.ctx.stop();
  }
  override stopped(): void {
    try {
      this.ctx.spawn(LeaverActor, { diary: this.state.diary });
    } catch (error) {
      this.state.diary.push(error instanceof Failure ? error.code : String(error));
    }
  }
}

test("an actor that stops itself ends after its handler, which still answers", async () => {
  const { system } = createTestSystem();
  const diary: string[] = [];
  const leaver = system.spawn(LeaverActor, { diary }, { name: "leaver" });
  assert.equal(await leaver.leave(), "goodbye");
  assert.deepEqual(diary, ["still at /leaver", "actor_stopped"], "nor has it children at the end");
});

class LateParent extends Actor<unknown, { proceed: Promise<void>; diary: string[] }> {
  // biome-ignore lint/complexity/noBannedTypes: it understands no message.
  static readonly protocol = protocol<{}>("test.LateParent@1", {});
  static initial = (args: { proceed: Promise<void>; diary: string[] }) => args;
  override async start(): Promise<void> {
    await this.state.proceed;
    try {
      this.ctx.spawn(LeaverActor, { diary: this.state.diary });
      this.state.diary.push("spawned");
    } catch (error) {
      this.state.diary.push(error instanceof Failure ? error.code : String(error));
    }
  }
}

test("a start that goes on after its actor was left behind has no children any more", async () => {
  const { system, time } = createTestSystem();
  let proceed: () => void = () => undefined;
  const diary: string[] = [];
  const args = { proceed: new Promise<void>((resolve) => (proceed = resolve)), diary };
  const late: Ref<unknown> = system.spawn(LateParent, args, { stopTimeoutMs: 10 });
  await time.settle();
  const stopped = system.stopActor(late);
  await time.advance(20);
  await stopped;
  proceed();
  await time.settle();
  assert.deepEqual(diary, ["actor_stopped"]);
  assert.equal(system.inspect().children.length, 1, "only the directory is left");
});

test("a tree whose child ends instead of starting has failed to start", async () => {
  const { system, time, fatal } = createTestSystem({
    supervise: {
      strategy: "one-for-one",
      restartsMax: 0,
      withinMs: 1_000,
      backoff: { delayMsMin: 0, delayMsMax: 0, factor: 1, jitter: 0 },
    },
  });
  const proceed = Promise.reject<void>(new Failure("corrupt", "no way"));
  const child: TreeChild = {
    kind: "actor",
    name: "child",
    type: LateParent,
    args: { proceed, diary: [] },
    restart: "temporary",
  };
  system.spawn(Supervisor, { children: [child] }, { name: "tree" });
  await time.advance(100);
  assert.match(fatal[0]?.detail ?? "", /\/tree\/child ended before it had started/);
});
