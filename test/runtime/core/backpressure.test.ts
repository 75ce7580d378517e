// Bounded mailboxes whose senders wait: who pauses, who goes on, and that nobody waits for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { MailboxSpec } from "#runtime/core/actor-class.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { createPuppets, Latch, outcomeOf, type Puppet } from "./puppet.ts";

const bounded = (capacity: number): MailboxSpec => ({ capacity, whenFull: "backpressure" });
const codeOf = (room: Promise<void>): Promise<string> =>
  room.then(
    () => "room",
    (error: unknown) => Failure.of(error).code,
  );
const idle = (): void => {};

const isPaused = (system: ActorSystem, name: string): boolean | undefined =>
  system.inspect().children.find(({ path }) => path === `/${name}`)?.isPaused;

/** An actor that awaits the latch, with its mailbox filled up to the bound. */
function filled(puppet: Ref<Puppet>, capacity: number, latch: Latch): void {
  puppet.hint(() => latch.opened);
  for (let count = 0; count < capacity; count += 1) puppet.hint(idle);
}

test("a sender pauses at a full mailbox, takes nothing meanwhile, and goes on when there is room", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const latch = new Latch();
  const slow = puppet({ name: "slow", mailbox: bounded(2) });
  const sender = puppet({ name: "sender" });
  slow.hint(() => latch.opened);
  await time.settle();
  for (const number of [1, 2, 3, 4]) {
    sender.hint((_ctx, to) => {
      diary.push(`sends ${number}`);
      to?.hint(() => void diary.push(`handles ${number}`));
    }, slow);
  }
  await time.settle();
  assert.deepEqual(diary.splice(0), ["sends 1", "sends 2", "sends 3"]);
  assert.equal(isPaused(system, "sender"), true);
  latch.open();
  await time.settle();
  assert.deepEqual(
    diary.filter((line) => line.startsWith("handles")),
    ["handles 1", "handles 2", "handles 3", "handles 4"],
  );
  assert.equal(isPaused(system, "sender"), false);
  assert.equal(system.counts.dead, 0);
  await stop();
});

test("the hard bound is twice the capacity, exactly; what comes then is refused and counted", async () => {
  for (const capacity of [1, 2, 7]) {
    const { system, time, puppet, stop } = createPuppets();
    const latch = new Latch();
    const slow = puppet({ mailbox: bounded(capacity) });
    slow.hint(() => latch.opened);
    await time.settle();
    for (let count = 0; count < 2 * capacity + 3; count += 1) slow.hint(idle);
    assert.equal(system.counts.queued, 2 * capacity);
    assert.equal(system.deadLetters.counts.get("mailbox_full"), 3);
    latch.open();
    await time.settle();
    assert.equal(system.counts.queued, 0);
    await stop();
  }
});

test("no circle of pauses and asks, however long, lets its actors wait for ever", async () => {
  for (const edges of circles(4)) {
    const { system, time, puppet, stop } = createPuppets();
    const size = edges.length;
    const gates = edges.map(() => new Latch());
    const ring = edges.map((_, index) => puppet({ name: `r${index}`, mailbox: bounded(1) }));
    const outcomes: (string | undefined)[] = edges.map(() => undefined);
    for (const [index, edge] of edges.entries()) {
      ring[index]?.hint(
        async (ctx, next) => {
          if (!next) return;
          await gates[index]?.opened;
          const target = ctx.via(next);
          if (edge === "asks") outcomes[index] = String(await outcomeOf(target.act(() => "well")));
          else target.hint(idle);
        },
        ...ring.slice((index + 1) % size, ((index + 1) % size) + 1),
      );
    }
    await time.settle();
    for (const puppetOfRing of ring) puppetOfRing.hint(idle);
    // Each edge is drawn by itself, so that every one of them is once the last.
    for (const gate of gates) {
      gate.open();
      await time.settle();
    }
    assert.equal(system.counts.queued + system.counts.inFlight, 0, edges.join(" "));
    assert.ok(!outcomes.includes("timeout"), edges.join(" "));
    await stop();
  }
});

type Edge = "asks" | "pauses";

/** All circles of two to so many actors in which somebody pauses. */
function circles(sizeMax: number): readonly (readonly Edge[])[] {
  let all: readonly (readonly Edge[])[] = [[]];
  const found: (readonly Edge[])[] = [];
  for (let size = 1; size <= sizeMax; size += 1) {
    all = all.flatMap((edges): Edge[][] => [
      [...edges, "asks"],
      [...edges, "pauses"],
    ]);
    if (size >= 2) found.push(...all.filter((edges) => edges.includes("pauses")));
  }
  return found;
}

test("an actor that fills its own mailbox does not pause for itself", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const self = puppet({ name: "self", mailbox: bounded(2) });
  self.hint((ctx) => {
    for (let count = 0; count < 3; count += 1) ctx.self.hint(idle);
  });
  await time.settle();
  assert.equal(isPaused(system, "self"), false);
  assert.equal(system.counts.queued, 0);
  await stop();
});

test("who has paused for an actor that ends, by a stop or for good after crashes, goes on", async () => {
  for (const pending of ["drop", "drain"] as const) {
    const { system, time, puppet, diary, stop } = createPuppets();
    const latch = new Latch();
    const slow = puppet({ mailbox: bounded(1), stopTimeoutMs: 50 });
    const sender = puppet({ name: "sender" });
    filled(slow, 0, latch);
    await time.settle();
    sender.hint((_ctx, to) => {
      to?.hint(idle);
      to?.hint(idle);
    }, slow);
    await time.settle();
    assert.equal(isPaused(system, "sender"), true);
    sender.hint(() => void diary.push("goes on"));
    const stopped = system.stopActor(slow, { pending });
    await time.advance(100);
    await stopped;
    assert.deepEqual(diary, ["goes on"]);
    await stop();
  }
});

test("a paused actor can be stopped, and is forgotten by whom it waits for", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const latch = new Latch();
  const slow = puppet({ mailbox: bounded(1) });
  const sender = puppet({ name: "sender" });
  filled(slow, 0, latch);
  await time.settle();
  sender.hint((_ctx, to) => {
    to?.hint(idle);
    to?.hint(idle);
  }, slow);
  await time.settle();
  await time.until(system.stopActor(sender), 0);
  latch.open();
  await time.settle();
  assert.equal(system.counts.queued, 0);
  await stop();
});

test("a readonly ask that joins others in progress makes room as any other message does", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const [first, others] = [new Latch(), new Latch()];
  const reader = puppet({ mailbox: bounded(200) });
  const look = (latch: Latch) => outcomeOf(reader.look(() => latch.opened.then(() => "seen")));
  const asked = Array.from({ length: limits.readonlyCallsMax }, (_, index) =>
    look(index === 0 ? first : others),
  );
  await time.settle();
  for (let count = 0; count < 200; count += 1) asked.push(look(others));
  let hasRoom = false;
  const room = reader.$.room().then(() => {
    hasRoom = true;
  });
  await time.settle();
  assert.equal(hasRoom, false, "as many are in progress as may be, and as many wait");
  first.open();
  await time.until(room, 0);
  others.open();
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(["seen"]));
  assert.equal(system.counts.dead, 0);
  await stop();
});

test("outsiders that wait for room are let in as there is room, first come first served, and none is refused", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const narrow = puppet({ mailbox: bounded(3) });
  const all = Array.from({ length: 100 }, async (_, number) => {
    await narrow.$.room();
    narrow.hint(() => void diary.push(`${number}`));
  });
  await time.until(Promise.all(all), 0);
  await time.settle();
  assert.deepEqual(
    diary,
    all.map((_, number) => `${number}`),
  );
  assert.equal(system.counts.dead, 0);
  await stop();
});

for (const senders of [3, 40]) {
  const promise = senders < 10 ? "nothing" : "at most the first message of each";
  test(`${senders} actors that send one message a time to a mailbox of ten lose ${promise}`, async () => {
    const { system, time, puppet, stop } = createPuppets();
    const handled: number[] = [];
    const narrow = puppet({ mailbox: bounded(10) });
    const latch = new Latch();
    narrow.hint(() => latch.opened);
    await time.settle();
    for (let sender = 0; sender < senders; sender += 1) {
      const ref = puppet();
      for (let round = 0; round < 50; round += 1) {
        ref.hint((_ctx, to) => to?.hint(() => void handled.push(sender)), narrow);
      }
    }
    await time.settle();
    latch.open();
    await time.settle();
    const lost = system.deadLetters.counts.get("mailbox_full") ?? 0;
    assert.equal(handled.length + lost, senders * 50);
    assert.ok(lost <= Math.max(0, senders - 10), `${lost} messages lost`);
    await stop();
  });
}

test("who waits for room and does not send keeps nobody from going on", async () => {
  const { time, puppet, stop } = createPuppets();
  const latch = new Latch();
  const narrow = puppet({ mailbox: bounded(1) });
  narrow.hint(() => latch.opened);
  await time.settle();
  narrow.hint(idle);
  const waiting = Array.from({ length: 50 }, () => narrow.$.room());
  latch.open();
  await time.until(Promise.all(waiting), 0);
  await stop();
});

test("waiting for room ends with the signal, also with one that is aborted already", async () => {
  const { time, puppet, stop } = createPuppets();
  const latch = new Latch();
  const slow = puppet({ mailbox: bounded(1) });
  filled(slow, 0, latch);
  await time.settle();
  slow.hint(idle);
  const controller = new AbortController();
  const waiting = codeOf(slow.$.room(controller.signal));
  controller.abort();
  assert.equal(await waiting, "cancelled");
  assert.equal(await codeOf(slow.$.room(controller.signal)), "cancelled");
  latch.open();
  await stop();
});

test("there is room at an ended actor, and none to be had at a path where nobody lives", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const gone = puppet({ mailbox: bounded(1) });
  await time.until(system.stopActor(gone), 0);
  await gone.$.room();
  await stop();
});
