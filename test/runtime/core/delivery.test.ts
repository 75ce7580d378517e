// Which messages are handled, in which order, and what becomes of the others.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#protocols/limits.ts";
import type { MailboxSpec } from "#runtime/core/actor-class.ts";
import { createPuppets, Latch, outcomeOf, Puppet } from "./puppet.ts";

const roomy: MailboxSpec = { capacity: 1_000, whenFull: "reject" };
const ranked: MailboxSpec = { ...roomy, priorities: { act: 0, hint: 6, rung: 7 } };

test("from one sender messages are handled in the order sent, each at most once, whatever happens", async () => {
  const cases = fc.record({
    senders: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 1, max: 20 }),
    capacity: fc.integer({ min: 1, max: 30 }),
    whenFull: fc.constantFrom("reject", "drop-oldest", "backpressure"),
    crashEvery: fc.integer({ min: 2, max: 9 }),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ senders, count, capacity, whenFull, crashEvery, seed }) => {
      const { system, time, puppet, diary, stop } = createPuppets({ seed });
      const receiver = puppet({ mailbox: { capacity, whenFull } });
      for (let sender = 0; sender < senders; sender += 1) {
        puppet().hint((_ctx, to) => {
          for (let number = 0; number < count; number += 1) {
            to?.hint(async (ctx) => {
              diary.push(`${sender} ${number}`);
              if (number % crashEvery === 1) throw new Error("oops");
              if (number % 3 === 0) await ctx.sleep(1);
            });
          }
        }, receiver);
      }
      await time.advance(1_000);
      for (let sender = 0; sender < senders; sender += 1) {
        const own = diary.filter((line) => line.startsWith(`${sender} `));
        const numbers = own.map((line) => Number(line.split(" ")[1]));
        assert.deepEqual(
          numbers,
          [...new Set(numbers)].toSorted((one, other) => one - other),
        );
      }
      const lost = system.deadLetters.counts.get("mailbox_full") ?? 0;
      assert.equal(diary.length + lost, senders * count);
      await stop();
    }),
    { numRuns: 60, includeErrorInReport: true },
  );
});

test("lower ranks go first, in the order of arrival within a rank, own messages by theirs", async () => {
  const { time, puppet, diary, stop } = createPuppets();
  const busy = puppet({ mailbox: ranked });
  const latch = new Latch();
  busy.hint(async (ctx) => {
    ctx.send("rung", "own");
    await latch.opened;
  });
  await time.settle();
  const note = (text: string) => () => {
    diary.push(text);
    return text;
  };
  busy.hint((): void => void diary.push("hint 1"));
  const asks = [busy.look(note("look 1")), busy.act(note("act 1")), busy.act(note("act 2"))];
  busy.hint((): void => void diary.push("hint 2"));
  latch.open();
  await Promise.all(asks);
  await time.settle();
  assert.deepEqual(diary, ["act 1", "act 2", "look 1", "hint 1", "hint 2", "own"]);
  await stop();
});

test("a notice of an end goes before all messages, also while readers keep joining one another", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const watched = puppet();
  const reader = puppet({ terminated: () => void diary.push("terminated") });
  reader.hint((ctx, ref) => ref && ctx.watch(ref), watched);
  await time.settle();
  const latch = new Latch();
  const first = reader.look(() => latch.opened.then(() => "seen"));
  await time.settle();
  await system.stopActor(watched);
  const second = reader.look(() => {
    diary.push("second");
    return "seen";
  });
  await time.settle();
  assert.deepEqual(diary, [], "the notice waits for the first reader, the second for the notice");
  latch.open();
  await Promise.all([first, second]);
  assert.deepEqual(diary, ["terminated", "second"]);
  await stop();
});

test("a timer whose message gave way is counted, and a repeated one rings again", async () => {
  for (const mailbox of [
    { capacity: 2, whenFull: "drop-oldest" },
    { capacity: 2, whenFull: "drop-lowest-priority", priorities: { rung: 7 } },
  ] satisfies MailboxSpec[]) {
    const { system, time, puppet, diary, stop } = createPuppets();
    const latch = new Latch();
    const busy = puppet({ mailbox });
    busy.hint(async (ctx) => {
      ctx.every({ ms: 10, key: "tick" }, "rung", "tick");
      ctx.after({ ms: 5, key: "once" }, "rung", "once");
      await latch.opened;
    });
    await time.advance(12);
    for (let count = 0; count < 2; count += 1) busy.hint(() => {});
    assert.equal(system.deadLetters.counts.get("mailbox_full"), 2, "both timers gave way");
    latch.open();
    await time.advance(20);
    assert.deepEqual(diary, ["tick", "tick"]);
    const timers = system.inspect().children.find(({ path }) => path === busy.$.address.path);
    assert.equal(timers?.timers, 1, "the one that cannot ring any more is forgotten");
    await stop();
  }
});

test("large messages that arrive let as many small ones give way as it takes to keep the bound", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const latch = new Latch();
  const narrow = puppet({ mailbox: { capacity: 100, bytesMax: 2_000, whenFull: "drop-oldest" } });
  narrow.hint(() => latch.opened);
  await time.settle();
  const bytes = () =>
    system.inspect().children.find(({ path }) => path === narrow.$.address.path)?.waitingBytes ?? 0;
  for (let count = 0; count < 40; count += 1) {
    narrow.hint(() => {});
    assert.ok(bytes() <= 2_000);
  }
  const many = Array.from({ length: 60 }, () => narrow);
  narrow.hint(() => {}, ...many);
  assert.ok(bytes() <= 2_000, `${bytes()} bytes wait`);
  latch.open();
  await stop();
});

for (const pending of ["drop", "drain"] as const) {
  const promise = pending === "drop" ? "buries" : "handles";
  test(`a ${pending} stop lets the handler in progress end, ${promise} what waits, buries what stands aside`, async () => {
    const { system, time, puppet, diary, stop } = createPuppets();
    const latch = new Latch();
    const ending = puppet({ restart: "permanent", stopTimeoutMs: 1_000 });
    ending.hint((ctx) => ctx.stash());
    ending.hint(async () => {
      await latch.opened;
      diary.push("in progress");
    });
    ending.hint((): void => void diary.push("waiting"));
    const asked = outcomeOf(ending.act(() => "answered"));
    await time.settle();
    const stopped = system.stopActor(ending, { pending });
    ending.hint((): void => void diary.push("too late"));
    latch.open();
    await time.until(stopped);
    assert.deepEqual(diary, pending === "drop" ? ["in progress"] : ["in progress", "waiting"]);
    assert.equal(await asked, pending === "drop" ? "actor_stopped" : "answered");
    const dead = system.deadLetters.counts.get("actor_stopped");
    assert.equal(dead, pending === "drop" ? 4 : 2, "the one put aside and the late one at least");
    assert.equal(system.counts.queued, 0);
    await stop();
  });
}

test("a flood of dead letters is counted in full, but only its first ones and their number are logged", async () => {
  const { system, time, puppet, log, stop } = createPuppets();
  const gone = puppet();
  await time.until(system.stopActor(gone), 0);
  const lines = () => log.filter(({ message }) => /dead letter/.test(message));
  for (let count = 0; count < 5_000; count += 1) gone.hint(() => {});
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 5_000);
  assert.equal(system.deadLetters.last.length, limits.deadLettersKeptMax);
  assert.equal(lines().length, limits.deadLettersLoggedMax);
  await time.advance(1_000);
  assert.match(lines().at(-1)?.message ?? "", /^4990 more dead letters/);
  gone.hint(() => {});
  assert.equal(lines().length, limits.deadLettersLoggedMax + 2, "the next second is a new one");
  // A cancelled timer's alarm stands until its time; the longest is that of an actor's start.
  await time.advance(limits.startMsDefault);
  assert.equal(time.nextAlarmMs, Number.POSITIVE_INFINITY);
  await stop();
});

test("an actor that floods itself lets ten thousand quiet ones have their turn in between", async () => {
  const { time, puppet, diary, stop } = createPuppets();
  const hot = puppet({ mailbox: { capacity: 100_000, whenFull: "reject" } });
  let floods = 0;
  hot.hint(function flood(ctx): void {
    floods += 1;
    if (floods < 50_000) ctx.self.hint(flood);
  });
  const quiet = Array.from({ length: 10_000 }, () => puppet());
  for (const ref of quiet) ref.hint((): void => void diary.push(`${floods}`));
  await time.settle();
  assert.equal(floods, 50_000);
  assert.equal(diary.length, 10_000);
  const latest = Number(diary.at(-1));
  assert.ok(latest <= 2 * limits.turnMessagesMax, `the last of them waited for ${latest} messages`);
  await stop();
});

test("messages to actors that never lived, have ended or were full are counted by their reason", async () => {
  const { system, time, puppet, stop } = createPuppets();
  const latch = new Latch();
  const full = puppet({ mailbox: { capacity: 1, whenFull: "reject" } });
  const gone = puppet();
  full.hint(() => latch.opened);
  await time.until(system.stopActor(gone), 0);
  const heard = new Map<string, number>();
  const nobody = system.refTo(Puppet, { node: system.node.name, path: "/nobody" });
  system.events.subscribe({ name: "troupe.dead-letter" }, (letter: { reason: string }) =>
    heard.set(letter.reason, (heard.get(letter.reason) ?? 0) + 1),
  );
  for (let count = 0; count < 3; count += 1) full.hint(() => {});
  gone.hint(() => {});
  nobody.hint(() => {});
  assert.deepEqual([...heard].toSorted(), [
    ["actor_stopped", 2],
    ["mailbox_full", 2],
  ]);
  assert.equal(await outcomeOf(nobody.act(() => "well")), "actor_stopped");
  latch.open();
  await stop();
});
