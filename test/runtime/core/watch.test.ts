// Death watch at its edges: what becomes of a notice that waits already, and who may watch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import {
  createPuppetNodes,
  createPuppets,
  type Hint,
  Latch,
  type PuppetStage,
  seenFrom,
} from "./puppet.ts";

/** A watcher that is busy when the watched one ends, and then does this. */
async function busyWhileItEnds(stage: PuppetStage, then: Hint): Promise<void> {
  const { system, time, puppet, diary } = stage;
  const mortal = puppet({ name: "mortal" });
  const watcher = puppet({ terminated: () => void diary.push("terminated") });
  const latch = new Latch();
  watcher.hint((ctx) => ctx.watch(mortal));
  watcher.hint(async (ctx) => {
    await latch.opened;
    diary.push("busy until now");
    await then(ctx, mortal);
  });
  await time.settle();
  await time.until(system.stopActor(mortal), 0);
  latch.open();
  await time.settle();
}

test("who ceases to watch does not hear of an end whose notice waits already", async () => {
  const stage = createPuppets();
  await busyWhileItEnds(stage, (ctx, mortal) => mortal && ctx.unwatch(mortal));
  assert.deepEqual(stage.diary, ["busy until now"]);
  const { sent, processed } = stage.system.counts;
  assert.equal(sent, processed);
  await stage.stop();
});

test("who watches anew while the notice waits hears it once", async () => {
  const stage = createPuppets();
  await busyWhileItEnds(stage, (ctx, mortal) => mortal && ctx.watch(mortal));
  assert.deepEqual(stage.diary, ["busy until now", "terminated"]);
  await stage.stop();
});

test("who ceases and watches anew while the notice waits hears it once, also from another node", async () => {
  const {
    time,
    nodes: [n1, n2],
  } = await createPuppetNodes();
  const born = n1.puppet();
  const mortal = seenFrom(n2, born);
  const watcher = n2.puppet({ terminated: () => void n2.diary.push("terminated") });
  const latch = new Latch();
  watcher.hint((ctx) => ctx.watch(mortal));
  await time.settle();
  watcher.hint(async (ctx) => {
    await latch.opened;
    ctx.unwatch(mortal);
    ctx.watch(mortal);
  });
  await time.until(n1.system.stopActor(born), 0);
  await time.settle();
  latch.open();
  await time.settle();
  assert.deepEqual(n2.diary, ["terminated"]);
  await n2.stop();
  await n1.stop();
});

test("a watch lasts over a restart of the watcher, and watching again in start makes no second", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const mortal = puppet();
  const watcher = puppet({
    start: (ctx) => ctx.watch(mortal),
    terminated: () => void diary.push("terminated"),
  });
  watcher.hint(() => {
    throw new Error("begin anew");
  });
  await time.settle();
  await time.until(system.stopActor(mortal), 0);
  await time.settle();
  assert.deepEqual(diary, ["terminated"]);
  await stop();
});

interface Deaf {
  watchYourself(): string;
}
const Deaf = protocol<Deaf>("test.Deaf@1", { watchYourself: ask });
class DeafActor extends Actor<Deaf> implements Handlers<Deaf> {
  static readonly protocol = Deaf;
  watchYourself(): string {
    this.ctx.watch(this.ctx.self);
    return "watched";
  }
}

test("an actor that could not hear of an end is refused the watch, and told what it lacks", async () => {
  const { system, stop } = createTestSystem();
  const deaf = system.spawn(DeafActor, { name: "deaf" });
  await assert.rejects(deaf.watchYourself(), {
    code: "invalid",
    message: /DeafActor watches .*\/deaf.* terminated\(ref, exit\)/,
  });
  await stop();
});
