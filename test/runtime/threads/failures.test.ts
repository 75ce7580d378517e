import assert from "node:assert/strict";
import { test } from "node:test";
import { inThread, type SupervisionSpec, Supervisor, type TreeChild } from "#runtime/index.ts";
import { type Stage, stage, until } from "./stage.ts";
import { Worker, WorkerActor } from "./threaded-actors.ts";

const Threaded = inThread(WorkerActor);

const supervise: SupervisionSpec = {
  strategy: "one-for-one",
  restartsMax: 5,
  withinMs: 60_000,
  backoff: { delayMsMin: 1, delayMsMax: 10, factor: 2, jitter: 0 },
};

async function tree(
  { system }: Stage,
  children: readonly TreeChild[],
  spec: Partial<SupervisionSpec>,
) {
  const options = { name: "tree", supervise: { ...supervise, ...spec } };
  const supervisor = system.spawn(Supervisor, { children }, options);
  await system.started(supervisor);
  return (name: string) => system.refTo(Worker, { node: "home", path: `/tree/${name}` });
}

const one = (name: string): TreeChild => ({
  kind: "actor",
  name,
  type: Threaded,
  args: { from: 0 },
});

test("a restart keeps the messages behind the one that failed, and begins a new thread", async (t) => {
  const { system, log } = await stage(t);
  const worker = system.spawn(Threaded, { from: 100 }, { name: "worker" });
  const first = await worker.thread();
  worker.count(1);
  worker.fail("broken");
  for (let number = 0; number < 1_000; number += 1) worker.count(1);
  assert.equal(await worker.total(), 1_100);
  assert.notEqual(await worker.thread(), first);
  assert.deepEqual(
    log.filter(({ level }) => level === "error"),
    [{ level: "error", actor: "/worker", message: "crashed in fail: broken" }],
  );
  assert.equal([...system.deadLetters.counts.values()].length, 0);
});

test("a resumed actor goes on in its thread, with its state", async (t) => {
  const worker = (await tree(await stage(t), [one("worker")], { decide: { corrupt: "resume" } }))(
    "worker",
  );
  const first = await worker.thread();
  worker.count(1);
  worker.fail("broken");
  worker.count(1);
  assert.equal(await worker.total(), 2);
  assert.equal(await worker.thread(), first);
});

test("the supervisor decides by the failure's own code, method and path", async (t) => {
  const seen: string[] = [];
  const found = await stage(t);
  const ref = await tree(found, [one("worker")], {
    decide: ({ code, detail }, { during, path }) => {
      seen.push(`${path} ${during} ${code} ${detail}`);
      return "stop";
    },
  });
  await found.ear.watch(ref("worker"));
  ref("worker").fail("broken");
  await found.hearing("terminated /tree/worker crashed");
  assert.deepEqual(seen, ["/tree/worker fail corrupt broken"]);
});

test("one-for-all takes threads along", async (t) => {
  const ref = await tree(await stage(t), [one("a"), one("b")], { strategy: "one-for-all" });
  const before = await Promise.all([ref("a").thread(), ref("b").thread()]);
  ref("b").count(3);
  assert.equal(await ref("b").total(), 3);
  ref("a").fail("broken");
  // Behind the failure in a's mailbox, so it is answered after the restart of both.
  const first = await ref("a").thread();
  const second = await ref("b").thread();
  assert.ok(!before.includes(first) && !before.includes(second));
  assert.equal(await ref("b").total(), 0);
});

test("a thread that exits is a failure with its own code; what it had not begun is handled", async (t) => {
  const { system, log } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  worker.count(1);
  worker.exit(3);
  for (let number = 0; number < 500; number += 1) worker.count(1);
  assert.equal(await worker.total(), 500);
  const { message } = log.find(({ level }) => level === "error") ?? { message: "" };
  assert.match(message, /crashed in its thread: .* process\.exit\(3\)/);
});

test("an error that nobody catches in the thread is a failure", async (t) => {
  const { system, log } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  worker.throwLater();
  await until(() => log.some(({ message }) => message.includes("nobody catches this")));
  assert.equal(await worker.total(), 0);
});

test("a thread that needs too much memory is ended and begun anew", async (t) => {
  const { system, log } = await stage(t);
  const Small = inThread(WorkerActor, { heapMbMax: 64 });
  const worker = system.spawn(Small, { from: 5 }, { name: "worker" });
  await system.started(worker);
  worker.hoard();
  assert.equal(await worker.$.with({ within: 30_000 }).total(), 5);
  assert.ok(log.some(({ message }) => message.includes("heapMbMax, 64 MB")));
});

test("a thread that blocks for ever is ended; an ask in it fails, those behind it are answered", async (t) => {
  const { system, log } = await stage(t);
  const Impatient = inThread(WorkerActor, { blockedMsMax: 300 });
  const worker = system.spawn(Impatient, { from: 1 }, { name: "worker" });
  await system.started(worker);
  const spun = worker.spin(60_000);
  const total = worker.total();
  await assert.rejects(spun, { code: "thread_lost" });
  assert.equal(await total, 1);
  assert.ok(log.some(({ message }) => message.includes("event loop for 300 ms")));
});

test("watchers of a child in a lost thread hear of it", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  const child = await worker.child("kid");
  await ear.watch(child);
  worker.exit(0);
  await hearing("terminated /worker/kid node-down");
  await assert.rejects(child.double(1), { code: "node_down" });
});

test("stopping drops what waits and lets the actor say goodbye", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0, farewell: ear }, { name: "worker" });
  const busy = worker.wait(10_000);
  busy.catch(() => {});
  await hearing("waiting");
  for (let number = 0; number < 10; number += 1) worker.count(1);
  await system.stopActor(worker);
  await hearing("stopped with 0");
  assert.equal(system.deadLetters.counts.get("actor_stopped"), 10);
  await assert.rejects(worker.total(), { code: "actor_stopped" });
});

test("a drain handles all that waits, in the mailbox and in the thread", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0, farewell: ear }, { name: "worker" });
  await system.started(worker);
  for (let number = 0; number < 2_000; number += 1) worker.count(1);
  await system.stopActor(worker, { pending: "drain" });
  await hearing("stopped with 2000");
  assert.equal(system.deadLetters.counts.size, 0);
});

test("an actor that stops itself in its thread has stopped for everybody", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await ear.watch(worker);
  worker.leave();
  await hearing("terminated /worker stopped");
});

test("a thread that blocks does not outlive its actor, nor a system its threads", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  worker.spinForever();
  await system.stop();
  const left = process.getActiveResourcesInfo().filter((name) => name === "MessagePort");
  assert.deepEqual(left, []);
});

test("the parent's event loop stays responsive while a thread computes", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  const delays: number[] = [];
  let isDone = false;
  const hashed = worker.hash(300_000).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const due = performance.now() + 5;
    await new Promise((resolve) => setTimeout(resolve, 5));
    delays.push(performance.now() - due);
  }
  assert.equal((await hashed).length, 64);
  delays.sort((a, b) => a - b);
  const p99 = delays[Math.floor(delays.length * 0.99)] ?? 0;
  t.diagnostic(`event loop delay p99 ${p99.toFixed(1)} ms of ${delays.length} looks`);
  assert.ok(p99 < 100, `p99 is ${p99} ms`);
});
