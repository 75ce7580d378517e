import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor, inThread, startSystem } from "#runtime/index.ts";
import { stage } from "./stage.ts";
import { ChildActor, Listener, Worker, WorkerActor } from "./threaded-actors.ts";
import { HangingActor } from "./threaded-terms.ts";

const Threaded = inThread(WorkerActor);

interface Asker extends Listener {
  who(worker: Ref<Worker>): string;
  circle(worker: Ref<Worker>): number;
  adopt(from: number): AnyRef;
  lastSender(): string;
}
const Asker = protocol<Asker>("test.threads.Listener@1", {
  heard: (): { kind: "tell"; control: boolean } => ({ kind: "tell", control: false }),
  double: ask,
  who: ask,
  circle: ask,
  adopt: ask,
  lastSender: ask,
});

class AskerActor extends Actor<Asker> implements Handlers<Asker> {
  static readonly protocol = Asker;
  #sender = "";
  heard(): void {
    this.#sender = this.ctx.sender?.$.toString() ?? "nobody";
  }
  double(value: number): number {
    this.#sender = this.ctx.sender?.$.toString() ?? "nobody";
    return value * 2;
  }
  lastSender(): string {
    return this.#sender;
  }
  who(worker: Ref<Worker>): Promise<string> {
    return worker.whoSent();
  }
  circle(worker: Ref<Worker>): Promise<number> {
    return worker.askBack(this.ctx.self, 1);
  }
  adopt(from: number): AnyRef {
    return this.ctx.spawn(Threaded, { from });
  }
}

test("the sender of a message is known in the thread", async (t) => {
  const { system } = await stage(t);
  const asker = system.spawn(AskerActor, { name: "asker" });
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  assert.equal(await asker.who(worker), "/asker");
});

test("what an actor sends from its thread comes from the ref that everybody has", async (t) => {
  const { system } = await stage(t);
  const asker = system.spawn(AskerActor, { name: "asker" });
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  assert.equal(await worker.askBack(asker, 1), 2);
  assert.equal(await asker.lastSender(), worker.$.toString());
  worker.tellTo(asker, "hello");
  await worker.total();
  assert.equal(await asker.lastSender(), worker.$.toString());
});

test("a cycle of asks through a thread fails at once instead of waiting for itself", async (t) => {
  const { system } = await stage(t);
  const asker = system.spawn(AskerActor, { name: "asker" });
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  await system.started(worker);
  await assert.rejects(asker.circle(worker), { code: "ask_cycle" });
});

test("an actor's threaded children end with it, named or not", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const asker = system.spawn(AskerActor, { name: "asker" });
  const child = system.refFrom(Worker, await asker.adopt(7));
  assert.equal(await child.total(), 7);
  await ear.watch(child);
  await system.stopActor(asker);
  await hearing("terminated /asker/$");
});

test("an actor in a thread registers a name and finds others by theirs", async (t) => {
  const { system } = await stage(t);
  const other = system.spawn(Threaded, { from: 3 }, { name: "other" });
  await other.claim("the-other");
  const found = await system.lookup(Worker, "the-other");
  assert.equal(found.$.toString(), other.$.toString());
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  assert.equal(await worker.totalOf("the-other"), 3);
});

test("what only a node has is refused in a thread, with what to do instead", async (t) => {
  const { system } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 });
  assert.match(await worker.placeElsewhere(), /no "placements".* let an actor outside do it/);
});

test("an actor in a thread has threaded children, which end with it even when they block", async (t) => {
  const { system, ear, hearing } = await stage(t);
  const worker = system.spawn(Threaded, { from: 0 }, { name: "worker" });
  const nested = await worker.nest(9);
  assert.equal(await nested.total(), 9);
  assert.equal(await nested.askBack(ear, 4), 8);
  assert.notEqual(await nested.thread(), await worker.thread());
  const { name, incarnation } = system.node;
  for (const one of [worker, nested]) assert.equal(await one.home(), `${name} ${incarnation}`);
  await ear.watch(nested);
  nested.spinForever();
  worker.exit(0);
  await hearing("terminated /worker/nested node-down");
  assert.equal(await worker.total(), 0);
});

test("arguments that cannot be cloned fail the actor with their place", async (t) => {
  const { system, log } = await stage(t);
  const from: unknown = () => 1;
  const worker = Reflect.apply(system.spawn, system, [
    Threaded,
    { from },
    { name: "worker", restart: "temporary" },
  ]);
  await assert.rejects(system.started(worker), { code: "actor_stopped" });
  const said = log.find(({ level }) => level === "error");
  assert.match(said?.message ?? "", /the arguments of \/worker\.from is a function/);
});

test("a start that never ends is a failure after its time, and the thread is ended", async (t) => {
  const { system, log } = await stage(t);
  const options = { name: "worker", startTimeoutMs: 50, restart: "temporary" } as const;
  const worker = system.spawn(inThread(HangingActor), options);
  await assert.rejects(system.started(worker), { code: "actor_stopped" });
  assert.ok(log.some(({ message }) => message.includes("start did not end in 50 ms")));
});

test("an actor in a thread speaks with other nodes, and they with it", async (t) => {
  const log = { write: () => {} };
  const protocols = [Listener, Worker];
  const free = "tcp://127.0.0.1:*";
  const b = await startSystem({
    node: { name: "b", incarnation: 1 },
    bind: free,
    director: "b",
    peers: new Map(),
    protocols,
    log,
  });
  t.after(() => b.system.stop());
  const a = await startSystem({
    node: { name: "a", incarnation: 1 },
    bind: free,
    director: "b",
    peers: new Map([["b", b.address]]),
    protocols,
    log,
  });
  t.after(() => a.system.stop());

  const remote = b.system.spawn(ChildActor, { name: "remote" });
  const worker = a.system.spawn(Threaded, { from: 5 }, { name: "worker" });
  const far = a.system.refTo(Listener, { node: "b", path: "/remote" });
  assert.equal(await worker.askBack(far, 6), 12);
  await worker.claim("far-worker");
  const seen = await b.system.lookup(Worker, "far-worker");
  seen.count(1);
  assert.equal(await seen.total(), 6);
  assert.equal(await seen.askBack(remote, 2), 4);

  const watched = await worker.watchUntilGone(far);
  assert.equal(watched, "watching");
  await b.system.stopActor(remote);
  assert.equal(await worker.gone(), "stopped");
});
