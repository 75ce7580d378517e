// Mailboxes whose senders wait, when these live on another node.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestPair } from "#runtime/testkit/test-system.ts";
import { Latch } from "./puppet.ts";

interface Slow {
  take(number: number): void;
  ask(number: number): Ack;
  taken(): readonly number[];
}
const Slow = protocol<Slow>("test.Slow@1", { take: tell, ask, taken: ask });

const capacity = 4;

class SlowActor
  extends Actor<Slow, { latch: Latch; taken: number[]; deepest: number }>
  implements Handlers<Slow>
{
  static readonly protocol = Slow;
  static readonly mailbox = { capacity, whenFull: "backpressure" } as const;
  static initial = (latch: Latch) => ({ latch, taken: [] as number[], deepest: 0 });

  async take(number: number): Promise<void> {
    await this.state.latch.opened;
    this.state.taken.push(number);
  }
  async ask(number: number): Promise<Ack> {
    await this.take(number);
    return ack;
  }
  taken(): readonly number[] {
    return this.state.taken;
  }
}

interface Sender {
  send(from: number, count: number): void;
}
const Sender = protocol<Sender>("test.Sender@1", { send: tell });

class SenderActor extends Actor<Sender, Ref<Slow>> implements Handlers<Sender> {
  static readonly protocol = Sender;
  static initial = (to: Ref<Slow>) => to;

  send(from: number, count: number): void {
    for (let number = from; number < from + count; number += 1) this.state.take(number);
  }
}

const numbers = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

async function stage() {
  const { a, b } = await createTestPair([Slow, Sender]);
  const latch = new Latch();
  const slow = b.system.spawn(SlowActor, latch, { name: "slow" });
  await b.system.register("slow", slow);
  const remote = await a.system.lookup(Slow, "slow", 1_000);
  const depth = (): number | undefined =>
    b.system.inspect().children.find(({ path }) => path === "/slow")?.waiting;
  const isPaused = (path: string): boolean | undefined =>
    a.system.inspect().children.find((each) => each.path === path)?.isPaused;
  return { a, b, latch, slow, remote, depth, isPaused };
}

/** It fills the mailbox, and its next message finds the way shut. */
async function pausedSender(
  { system, time }: Awaited<ReturnType<typeof stage>>["a"],
  remote: Ref<Slow>,
): Promise<Ref<Sender>> {
  const sender = system.spawn(SenderActor, remote, { name: "sender" });
  sender.send(0, 10);
  await time.settle();
  sender.send(10, 1);
  await time.settle();
  return sender;
}

test("a sender on another node pauses while the mailbox is full, and nothing is lost", async () => {
  const { a, b, latch, slow, remote, depth, isPaused } = await stage();
  const sender = await pausedSender(a, remote);
  assert.equal(isPaused("/sender"), true);
  for (let number = 11; number < 60; number += 1) sender.send(number, 1);
  await a.time.settle();
  assert.equal(a.system.inspect().children.find(({ path }) => path === "/sender")?.waiting, 49);
  assert.ok((depth() ?? 0) <= capacity, `${depth()} wait in the mailbox`);
  latch.open();
  await a.time.advance(1_000);
  assert.deepEqual(await slow.taken(), numbers(60));
  assert.equal(isPaused("/sender"), false);
  assert.equal(b.system.counts.dead + a.system.counts.dead, 0);
});

test("more than the mailbox holds waits outside of it, in order, and none is refused", async () => {
  const { a, latch, slow, remote, depth } = await stage();
  // An outsider pauses for nothing.
  for (const number of numbers(500)) remote.take(number);
  await a.time.settle();
  assert.ok((depth() ?? 0) <= capacity);
  latch.open();
  await a.time.advance(1_000);
  assert.deepEqual(await slow.taken(), numbers(500));
});

test("an outsider awaits room on another node", async () => {
  const { a, latch, remote } = await stage();
  for (const number of numbers(capacity * 3)) remote.take(number);
  await a.time.settle();
  let hasRoom = false;
  const room = remote.$.room().then(() => {
    hasRoom = true;
  });
  await a.time.settle();
  assert.equal(hasRoom, false);
  latch.open();
  await a.time.settle();
  await room;
  assert.equal(hasRoom, true);
});

test("an ask that waits for room ends at its deadline and is not handled", async () => {
  const { a, latch, slow, remote } = await stage();
  for (const number of numbers(capacity * 2)) remote.take(number);
  const asked = remote.$.with({ within: 100 }).ask(99);
  const outcome = asked.then(
    () => "answered",
    (error: unknown) => Failure.of(error).code,
  );
  await a.time.advance(200);
  assert.equal(await outcome, "timeout");
  latch.open();
  await a.time.advance(100);
  assert.deepEqual(await slow.taken(), numbers(capacity * 2));
});

test("what waits for an actor that ends becomes dead letters there, and its senders go on", async () => {
  const { a, b, slow, remote, isPaused } = await stage();
  await pausedSender(a, remote);
  assert.equal(isPaused("/sender"), true);
  b.system.stopActor(slow);
  await a.time.advance(limits.stopMsDefault + 100);
  assert.equal(isPaused("/sender"), false);
  assert.ok(b.system.counts.dead > 0);
});

test("two nodes whose actors wait for each other go on after a while", async () => {
  const { a, latch, remote, isPaused } = await stage();
  await pausedSender(a, remote);
  assert.equal(isPaused("/sender"), true);
  await a.time.advance(limits.remotePauseMsMax);
  assert.equal(isPaused("/sender"), false);
  latch.open();
  await a.time.settle();
});
