import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef } from "#protocols/actor-ref.ts";
import { ask, protocol, type Ref, tell } from "#protocols/index.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { createPuppets, Latch } from "./puppet.ts";

interface Clerk {
  take(number: number): void;
  watch(ref: AnyRef): void;
  diary(): readonly string[];
}
const Clerk = protocol<Clerk>("test.SystemLaneClerk@1", { take: tell, watch: tell, diary: ask });

class ClerkActor extends Actor<Clerk, { diary: string[]; hold: Promise<void> | undefined }> {
  static readonly protocol = Clerk;
  static initial = ({ diary, hold }: { diary: string[]; hold?: Promise<void> }) => ({
    diary,
    hold,
  });

  async take(number: number): Promise<void> {
    this.state.diary.push(`${number}`);
    await this.state.hold;
  }

  watch(ref: AnyRef): void {
    this.ctx.watch(ref);
  }

  diary(): readonly string[] {
    return this.state.diary;
  }

  override terminated(ref: AnyRef): void {
    this.state.diary.push(`${ref.$.address.path} ended`);
  }

  override stopped(): void {
    this.state.diary.push("goodbye");
  }
}

const sendMany = (clerk: Ref<Clerk>, count: number): void => {
  for (let number = 1; number <= count; number += 1) clerk.take(number);
};

test("the end of a watched actor is heard before thousands of messages that came earlier", async () => {
  const { system } = createTestSystem();
  let release = (): void => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  const diary: string[] = [];
  const other = system.spawn(ClerkActor, { diary: [] }, { name: "other" });
  const clerk = system.spawn(ClerkActor, { diary, hold }, { name: "clerk" });
  clerk.watch(other);
  sendMany(clerk, 5_000);
  await other.diary();
  await system.stopActor(other);
  release();
  assert.equal((await clerk.diary()).length, 5_001);
  assert.deepEqual(diary.slice(0, 3), ["1", "/other ended", "2"]);
  await system.stop();
});

test("a stop waits for the handler in progress, and for none of the thousands behind it", async () => {
  const { system } = createTestSystem();
  let release = (): void => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  const diary: string[] = [];
  const clerk = system.spawn(ClerkActor, { diary, hold }, { name: "clerk" });
  sendMany(clerk, 5_000);
  await system.started(clerk);
  await new Promise((resolve) => setImmediate(resolve));
  const stopped = system.stopActor(clerk);
  release();
  await stopped;
  assert.deepEqual(diary, ["1", "goodbye"]);
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 4_999);
  await system.stop();
});

test("an actor that pauses for a full mailbox hears of the end of whom it watches, and nothing else", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const latch = new Latch();
  const slow = puppet({ mailbox: { capacity: 1, whenFull: "backpressure" } });
  const others = [puppet(), puppet(), puppet()];
  const sender = puppet({
    name: "sender",
    terminated: (ctx) => {
      diary.push("heard");
      return diary.length === 2 ? ctx.sleep(10) : undefined;
    },
  });
  slow.hint(() => latch.opened);
  sender.hint(
    (ctx, ...refs) => {
      for (const ref of refs) ctx.watch(ref);
    },
    ...others,
  );
  await time.settle();
  slow.hint(() => {});
  sender.hint((_ctx, to) => to?.hint(() => {}), slow);
  sender.hint((): void => void diary.push("handled"));
  await time.settle();
  for (const other of others) await time.until(system.stopActor(other), 0);
  await time.settle();
  assert.deepEqual(diary, ["heard", "heard"]);
  await time.advance(10);
  assert.deepEqual(diary, ["heard", "heard", "heard"]);
  latch.open();
  await time.settle();
  assert.deepEqual(diary.slice(3), ["handled"]);
  await stop();
});
