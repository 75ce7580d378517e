import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { randomIndex, SeededRandom, seedFrom } from "#runtime/core/random.ts";
import { Supervisor } from "#runtime/patterns/supervisor.ts";
import type { PullWorker, WorkHubTerms } from "#runtime/patterns/work-desk.ts";
import { type WorkHub, workHubOf } from "#runtime/patterns/work-pull.ts";
import { createTestPair, createTestSystem } from "#runtime/testkit/test-system.ts";

const Hub = workHubOf<string>("test.Hub@1");

interface Puller extends PullWorker<string> {
  /** Finishes what it holds longest. */
  finishOne(): number;
  holds(): readonly string[];
  crash(): void;
  quit(): void;
}
const Puller = protocol<Puller>("test.Puller@1", {
  work: tell,
  finishOne: ask,
  holds: ask,
  crash: tell,
  quit: tell,
});
interface PullerState {
  readonly hub: Ref<WorkHub<string>>;
  readonly room: number;
  held: { delivery: number; item: string }[];
}
class PullerActor extends Actor<Puller, PullerState> implements Handlers<Puller> {
  static readonly protocol = Puller;
  static initial = (args: { hub: Ref<WorkHub<string>>; room: number }): PullerState => ({
    ...args,
    held: [],
  });
  override async start(): Promise<void> {
    await this.state.hub.join(this.ctx.self, this.state.room);
  }
  work(delivery: number, item: string): void {
    this.state.held.push({ delivery, item });
  }
  finishOne(): number {
    const first = this.state.held.shift();
    if (first) this.state.hub.finish(this.ctx.self, first.delivery);
    return this.state.held.length;
  }
  holds(): readonly string[] {
    return this.state.held.map(({ item }) => item);
  }
  crash(): void {
    throw new Error("boom");
  }
  quit(): void {
    this.ctx.stop();
  }
}

const terms = { capacity: 2, offersWaitingMax: 2, deliveriesMax: 3 };

function hubWorld(given: Partial<WorkHubTerms> = {}) {
  const world = createTestSystem();
  const hub = world.system.spawn(Hub, { ...terms, ...given }, { name: "hub" });
  const join = async (name: string, room: number) => {
    const worker = world.system.spawn(PullerActor, { hub, room }, { name });
    await world.system.started(worker);
    return worker;
  };
  return { ...world, hub, join };
}

test("a worker never holds more than its room, and each finish brings the next item", async () => {
  const { hub, join } = hubWorld({ capacity: 9 });
  const worker = await join("w", 2);
  for (const item of ["a", "b", "c", "d"]) await hub.offer(item);
  assert.deepEqual(await worker.holds(), ["a", "b"]);
  await worker.finishOne();
  await hub.status();
  assert.deepEqual(await worker.holds(), ["b", "c"]);
  assert.deepEqual(await hub.status(), {
    workers: 1,
    waiting: 1,
    offersWaiting: 0,
    underWay: 2,
    finished: 1,
    discarded: 0,
  });
});

test("a slow worker does not hold up a quick one", async () => {
  const { hub, join } = hubWorld({ capacity: 20 });
  const slow = await join("slow", 1);
  const quick = await join("quick", 1);
  for (let item = 0; item < 10; item += 1) await hub.offer(`${item}`);
  for (let count = 0; count < 9; count += 1) {
    await quick.finishOne();
    await hub.status();
  }
  assert.deepEqual(await slow.holds(), ["0"]);
  assert.equal((await hub.status()).finished, 9);
});

test("an offer is acknowledged when there is room: the producer goes as fast as the workers", async () => {
  const { hub, join, time } = hubWorld();
  const acknowledged: string[] = [];
  const offer = (item: string) => hub.offer(item).then(() => acknowledged.push(item));
  const offers = ["a", "b", "c", "d"].map(offer);
  await time.settle();
  assert.deepEqual(acknowledged, ["a", "b"]);
  await assert.rejects(hub.offer("e"), { code: "queue_full" });
  const worker = await join("w", 1);
  await time.settle();
  assert.deepEqual(acknowledged, ["a", "b", "c"]);
  await worker.finishOne();
  await Promise.all(offers);
  assert.deepEqual(acknowledged, ["a", "b", "c", "d"]);
});

test("an offer whose producer waits no longer is not taken later", async () => {
  const { hub, join, time } = hubWorld({ capacity: 1 });
  await hub.offer("a");
  const controller = new AbortController();
  const withdrawn = assert.rejects(hub.$.with({ signal: controller.signal }).offer("b"), {
    code: "cancelled",
  });
  const late = assert.rejects(hub.$.with({ within: 100 }).offer("c"), { code: "timeout" });
  await time.settle();
  controller.abort();
  await time.advance(100);
  await Promise.all([withdrawn, late]);
  assert.equal((await hub.status()).offersWaiting, 0);
  const worker = await join("w", 5);
  await time.settle();
  assert.deepEqual(await worker.holds(), ["a"]);
});

test("what a worker holds goes to others when it ends, before newer items", async () => {
  const { hub, join, time } = hubWorld({ capacity: 5 });
  const first = await join("first", 2);
  for (const item of ["a", "b", "c"]) await hub.offer(item);
  first.quit();
  await time.settle();
  const second = await join("second", 3);
  await time.settle();
  assert.deepEqual(await second.holds(), ["a", "b", "c"]);
});

test("a worker that is restarted joins anew and gets what it held again", async () => {
  const { hub, join, time } = hubWorld({ capacity: 5 });
  const worker = await join("w", 2);
  for (const item of ["a", "b", "c"]) await hub.offer(item);
  await worker.finishOne();
  worker.crash();
  await time.advance(100);
  assert.deepEqual(await worker.holds(), ["b", "c"]);
  assert.equal((await hub.status()).workers, 1);
});

test("an item that was given back too often is discarded, counted and logged", async () => {
  const { hub, join, time, log } = hubWorld({ deliveriesMax: 2 });
  await hub.offer("poison");
  for (const name of ["one", "two"]) {
    const worker = await join(name, 1);
    await time.settle();
    assert.deepEqual(await worker.holds(), ["poison"]);
    worker.quit();
    await time.settle();
  }
  const { waiting, underWay, discarded } = await hub.status();
  assert.deepEqual({ waiting, underWay, discarded }, { waiting: 0, underWay: 0, discarded: 1 });
  assert.ok(log.some(({ level, message }) => level === "error" && /discarded/.test(message)));
});

test("a worker that leaves gets nothing more, and its late finish changes nothing", async () => {
  const { hub, join, time } = hubWorld({ capacity: 5 });
  const worker = await join("w", 1);
  await hub.offer("a");
  await hub.leave(worker);
  await hub.offer("b");
  await worker.finishOne();
  await time.settle();
  const { workers, waiting, finished } = await hub.status();
  assert.deepEqual({ workers, waiting, finished }, { workers: 0, waiting: 2, finished: 0 });
});

test("bad rooms and workers that cannot work are refused, and the hub keeps its items", async () => {
  const { hub, join, system, log } = hubWorld();
  await hub.offer("a");
  const worker = await join("w", 1);
  for (const room of [0, 1.5, -1, 10_001, Number.NaN]) {
    await assert.rejects(hub.join(worker, room), { code: "invalid" });
  }
  const mute: AnyRef = system.spawn(Supervisor, { children: [] });
  const asWorker: Ref<PullWorker<string>> = Object.assign(Object.create(mute), { work: 1 });
  await assert.rejects(hub.join(asWorker, 1), { code: "invalid", message: /no work/ });
  await assert.rejects(hub.join(JSON.parse("null"), 1), { code: "invalid" });
  hub.finish(JSON.parse("{}"), 1);
  assert.deepEqual(await worker.holds(), ["a"]);
  assert.ok(!log.some(({ message }) => /crashed/.test(message)));
});

test("a worker is refused more room than its mailbox has: what that dropped nobody would finish", async () => {
  const { hub, system, time, log } = hubWorld();
  const mailbox = { capacity: 3, whenFull: "reject" } as const;
  const spawn = (room: number) => system.spawn(PullerActor, { hub, room }, { mailbox });
  await time.until(system.started(spawn(3)), 0);
  await assert.rejects(hub.join(spawn(3), 4), {
    code: "invalid",
    message: /has room for 4 items, but its mailbox takes 3 messages/,
  });
  assert.equal((await hub.status()).workers, 2);
  assert.ok(!log.some(({ message }) => /crashed/.test(message)));
});

test("bounds that are no numbers of things are the failure of who spawns the hub", async () => {
  const { system, time, fatal } = createTestSystem();
  system.spawn(Hub, { ...terms, capacity: 0 });
  await time.advance(60_000);
  assert.equal(fatal[0]?.code, "invalid");
  assert.match(fatal[0]?.detail ?? "", /capacity is a whole number from 1, not 0/);
});

test("offers that wait fail when the hub ends, and what is lost is said", async () => {
  const { hub, system, log } = hubWorld({ capacity: 1 });
  await hub.offer("a");
  const waiting = assert.rejects(hub.offer("b"), { code: "actor_stopped" });
  await hub.status();
  await system.stopActor(hub);
  await waiting;
  assert.ok(log.some(({ message }) => /items end with their hub/.test(message)));
});

test("every acknowledged item is finished, however the workers crash, end and come", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = new SeededRandom(seedFrom(seed));
    const bounds = { capacity: 5, offersWaitingMax: 60, deliveriesMax: 1_000 };
    const { hub, join, time } = hubWorld(bounds);
    const finished = new Set<string>();
    const patient = hub.$.with({ within: 100_000_000 });
    const offers = Array.from({ length: 60 }, (_, item) => patient.offer(`${item}`));
    const workers = [await join("w0", 2), await join("w1", 1), await join("w2", 3)];
    for (let step = 1; finished.size < 60; step += 1) {
      assert.ok(step < 5_000, `seed ${seed} does not end`);
      const index = randomIndex(random, workers.length);
      const worker = workers[index];
      const [first] = (await worker?.holds()) ?? [];
      const chance = random.next();
      if (chance < 0.1) worker?.crash();
      else if (chance < 0.15) {
        worker?.quit();
        await time.settle();
        workers[index] = await join(`w${index}-${step}`, 1 + randomIndex(random, 3));
      } else if (first !== undefined) {
        await worker?.finishOne();
        finished.add(first);
      }
      await time.advance(2_100);
    }
    await Promise.all(offers);
    const { waiting, underWay, discarded } = await hub.status();
    assert.deepEqual({ waiting, underWay, discarded }, { waiting: 0, underWay: 0, discarded: 0 });
  }
});

test("producers and workers on other nodes are served, until their node is gone", async () => {
  const { a, b, network } = await createTestPair([Hub.protocol, Puller]);
  const hub = a.system.spawn(Hub, { ...terms, capacity: 10 }, { name: "hub" });
  const fromB = b.system.refTo(Hub.protocol, { node: "a", path: "/hub" });
  const far = b.system.spawn(PullerActor, { hub: fromB, room: 2 }, { name: "far" });
  await b.system.started(far);
  for (const item of ["a", "b", "c"]) await fromB.offer(item);
  assert.deepEqual(await far.holds(), ["a", "b"]);
  network.takeDown("b");
  const near = a.system.spawn(PullerActor, { hub, room: 5 }, { name: "near" });
  await a.system.started(near);
  await a.time.settle();
  assert.deepEqual(await near.holds(), ["a", "b", "c"]);
});
