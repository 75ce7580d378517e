import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit } from "#protocols/envelope.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Strategy } from "#runtime/core/supervision.ts";
import { Supervisor, type TreeChild } from "#runtime/patterns/supervisor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Member {
  fail(): void;
  name(): string;
}
const Member = protocol<Member>("test.Member@1", { fail: tell, name: ask });
type Diary = string[];

class MemberActor
  extends Actor<Member, { name: string; diary: Diary; startFailures: number }>
  implements Handlers<Member>
{
  static readonly protocol = Member;
  static initial = (args: { name: string; diary: Diary; startFailures: number }) => args;
  override async start(): Promise<void> {
    await Promise.resolve();
    if (this.state.startFailures > 0) {
      this.state.startFailures -= 1;
      this.state.diary.push(`${this.state.name} cannot start`);
      throw new Error("cannot start");
    }
    this.state.diary.push(`${this.state.name} starts`);
    await this.ctx.register(this.state.name);
  }
  override stopped(exit: Exit): void {
    this.state.diary.push(`${this.state.name} ${exit.kind}`);
  }
  fail(): void {
    throw new Error("boom");
  }
  name(): string {
    return this.state.name;
  }
}

const backoff = { delayMsMin: 10, delayMsMax: 100, factor: 2, jitter: 0 };

function troupeOf(strategy: Strategy, startFailures: Readonly<Record<string, number>> = {}) {
  const diary: Diary = [];
  const test = createTestSystem();
  const children: readonly TreeChild[] = ["one", "two", "three"].map((name) => ({
    kind: "actor",
    name,
    type: MemberActor,
    args: { name, diary, startFailures: startFailures[name] ?? 0 },
  }));
  const supervise = { strategy, restartsMax: 3, withinMs: 1_000, backoff };
  const ref = test.system.spawn(Supervisor, { children }, { name: "data", supervise });
  return { ...test, diary, ref };
}

async function failAndHeal(strategy: Strategy): Promise<Diary> {
  const { system, time, diary, ref } = troupeOf(strategy);
  await system.started(ref);
  diary.length = 0;
  (await system.lookup(Member, "two", 100)).fail();
  await time.advance(200);
  return diary;
}

test("children start in order, each after the one before it", async () => {
  const { system, diary, ref } = troupeOf("one-for-one");
  await system.started(ref);
  assert.deepEqual(diary, ["one starts", "two starts", "three starts"]);
});

test("one-for-one restarts the failed child alone", async () => {
  assert.deepEqual(await failAndHeal("one-for-one"), ["two crashed", "two starts"]);
});

test("rest-for-one restarts the failed child and those started after it, in order", async () => {
  assert.deepEqual(await failAndHeal("rest-for-one"), [
    "three crashed",
    "two crashed",
    "two starts",
    "three starts",
  ]);
});

test("one-for-all restarts all of them, in order", async () => {
  assert.deepEqual(await failAndHeal("one-for-all"), [
    "three crashed",
    "two crashed",
    "one crashed",
    "one starts",
    "two starts",
    "three starts",
  ]);
});

test("a child that cannot start at first holds back those after it, until it can", async () => {
  const { system, time, diary, ref } = troupeOf("one-for-one", { two: 2 });
  const started = system.started(ref);
  await time.advance(500);
  await started;
  assert.deepEqual(diary, [
    "one starts",
    "two cannot start",
    "two crashed",
    "two cannot start",
    "two crashed",
    "two starts",
    "three starts",
  ]);
});

test("a stopped tree ends its children in the reverse of their start order", async () => {
  const { system, diary, ref } = troupeOf("one-for-one");
  await system.started(ref);
  diary.length = 0;
  await system.stop();
  assert.deepEqual(diary, ["three stopped", "two stopped", "one stopped"]);
});

test("a child that fails too often takes its supervisor along, which begins anew", async () => {
  const { system, time, diary, ref } = troupeOf("one-for-one");
  await system.started(ref);
  for (let round = 0; round < 4; round += 1) {
    (await system.lookup(Member, "three", 100)).fail();
    await time.advance(60);
  }
  await time.advance(1_000);
  assert.deepEqual(diary.slice(-3), ["one starts", "two starts", "three starts"]);
  assert.equal(await (await system.lookup(Member, "one", 100)).name(), "one");
});
