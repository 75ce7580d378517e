import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { inThread, moving } from "#runtime/index.ts";
import { stage, until } from "./stage.ts";
import { Renamed, WorkerActor } from "./threaded-actors.ts";

const Threaded = inThread(WorkerActor);

test("a threaded actor is spoken to like any other, and runs in another thread", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 40 }, { name: "worker" });
  worker.count(2);
  assert.equal(await worker.total(), 42);
  assert.notEqual(await worker.thread(), threadId);
  await assert.rejects(worker.refuse(), { code: "queue_full", detail: "no more" });
  assert.equal(await worker.total(), 42);
});

test("100,000 messages of one sender are handled in their order", async (t) => {
  const { system } = await stage(t);
  const mailbox = { capacity: 200_000, whenFull: "reject" } as const;
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker", mailbox });
  const count = 100_000;
  for (let number = 0; number < count; number += 1) worker.count(number);
  const order = await worker.$.with({ within: 60_000 }).order();
  assert.equal(order.length, count);
  assert.equal(
    order.findIndex((number, index) => number !== index),
    -1,
  );
});

test("the mailbox's bound and policy hold in front of a thread that is busy", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const Narrow = inThread(WorkerActor, { window: 2 });
  const mailbox = { capacity: 3, whenFull: "reject" } as const;
  const worker = system.spawn(Narrow, { from: 0, farewell: ear }, { name: "worker", mailbox });
  await system.started(worker);
  const busy = worker.wait(300);
  await hearing("waiting");
  // One may wait in the mailbox for room, two in the window, three behind it.
  for (let number = 1; number <= 20; number += 1) worker.count(1);
  assert.equal(await busy, "waited");
  const total = await worker.total();
  const refused = system.deadLetters.counts.get("mailbox_full") ?? 0;
  assert.equal(total + refused, 20);
  assert.ok(total <= 6, `${total} of 20 were taken`);
});

test("an ask ends at its deadline, and the actor knows what is left of it", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  assert.equal(await worker.$.with({ within: 1_000 }).patience(), "short");
  assert.equal(await worker.$.with({ within: 9_000 }).patience(), "long");
  await assert.rejects(worker.$.with({ within: 50 }).wait(10_000), { code: "timeout" });
  assert.equal(await worker.total(), 0);
});

test("a cancelled ask aborts its handler in the thread", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0, farewell: ear }, { name: "worker" });
  const controller = new AbortController();
  const asked = worker.$.with({ signal: controller.signal, within: 10_000 }).wait(10_000);
  await hearing("waiting");
  controller.abort();
  await assert.rejects(asked, { code: "cancelled" });
  await hearing("aborted");
});

test("an ask that is cancelled before it is begun is never begun", async (t) => {
  const { system, ear, hearing, heard } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0, farewell: ear }, { name: "worker" });
  const first = worker.wait(200);
  await hearing("waiting");
  const controller = new AbortController();
  const second = worker.$.with({ signal: controller.signal }).wait(1);
  controller.abort();
  await assert.rejects(second, { code: "cancelled" });
  assert.equal(await first, "waited");
  assert.equal(await worker.total(), 0);
  assert.deepEqual(heard, ["waiting"]);
});

test("refs work in both directions, and `self` is the ref that everybody has", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  worker.tellTo(ear, "from the thread");
  await hearing("from the thread");
  assert.equal(await worker.askBack(ear, 21), 42);
  const self = await worker.whoAmI();
  assert.equal(self.$.toString(), worker.$.toString());
  assert.equal(await worker.isMe(worker), true);
  assert.equal(await worker.isMe(ear), false);
  assert.equal(await worker.whoSent(), "nobody");
});

test("children in a thread are spoken to, watched and stopped from outside and from other threads", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  const other = system.spawn(Threaded, { from: 0 }, { name: "other" });
  const child = await worker.child("kid");
  assert.equal(await child.double(4), 8);
  assert.equal(await other.askBack(child, 5), 10);
  await ear.watch(child);
  await other.watch(child, ear);
  await worker.stopChild();
  await hearing("terminated /worker/kid stopped");
});

test("an actor in a thread watches actors outside", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  const other = system.spawn(Threaded, { from: 0 }, { name: "other" });
  await worker.watch(other, ear);
  await system.stopActor(other);
  await hearing("terminated /other stopped");
});

test("bytes are copied, unless the sender marks them as moving", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  const kept = new Uint8Array(1_000_000);
  assert.equal(await worker.measure(kept), 1_000_000);
  assert.equal(kept.byteLength, 1_000_000);
  const gone = new Uint8Array(1_000_000);
  assert.equal(await worker.measure(moving(gone)), 1_000_000);
  assert.equal(gone.byteLength, 0);
  const made = await worker.produce(5_000_000);
  assert.equal(made.byteLength, 5_000_000);
  assert.equal(made[4_999_999], 7);
});

test("bytes that moved away before are refused, and nobody else's message suffers", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  const bytes = moving(new Uint8Array(1_000));
  assert.equal(await worker.measure(bytes), 1_000);
  worker.count(1);
  const again = worker.measure(bytes);
  worker.count(1);
  await assert.rejects(again, { code: "invalid" });
  assert.equal(await worker.total(), 2);
});

test("a part of a buffer cannot move alone", () => {
  assert.throws(() => moving(new Uint8Array(100).subarray(10)), { code: "invalid" });
  assert.throws(() => moving(new Uint8Array(new SharedArrayBuffer(8))), { code: "invalid" });
});

test("what cannot cross is refused with its place, and changes nothing", async (t) => {
  const { system, log } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  const unsendable: unknown = { list: [1, () => 1] };
  await assert.rejects(Reflect.apply(worker.measure, worker, [unsendable]), (error) => {
    assert.match(String(error), /invalid: measure: arguments\[0\]\.list\[1\] is a function/);
    return true;
  });
  Reflect.apply(worker.count, worker, [new URL("http://localhost")]);
  await until(() => log.some(({ message }) => /count was refused.*instance of URL/.test(message)));
  assert.equal(await worker.total(), 0);
});

test("log lines of the thread stand in the parent's log with the actor's path", async (t) => {
  const { system, log } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  worker.say("good morning");
  await worker.total();
  assert.deepEqual(
    log.filter(({ message }) => message === "good morning"),
    [{ level: "info", actor: "/worker", message: "good morning" }],
  );
});

test("a class that another thread cannot find is refused with the remedy", async (t) => {
  const { system, log } = await stage(t);
  assert.throws(() => inThread(Object.assign(class extends WorkerActor {}, { module: "" })), {
    code: "invalid",
  });
  assert.throws(() => inThread(WorkerActor, { window: 0 }), { code: "invalid" });
  assert.throws(() => inThread(WorkerActor, { blockedMsMax: 1 }), { code: "invalid" });
  assert.throws(() => inThread(WorkerActor, { heapMbMax: 0 }), { code: "invalid" });
  const hidden = system.spawn(inThread(Renamed), { name: "hidden", restart: "temporary" });
  await assert.rejects(system.started(hidden), { code: "actor_stopped" });
  const said = log.find(({ actor }) => actor === "/hidden");
  assert.match(said?.message ?? "", /exports no HiddenActor, only: .*WorkerActor/);
});
