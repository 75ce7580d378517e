// Pools, routers and work hubs whose members live on several nodes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Receptionist } from "#runtime/cluster/names/receptionist.ts";
import { groupRouterOf } from "#runtime/cluster/remote/group-router.ts";
import { placedOn } from "#runtime/cluster/remote/stand-in.ts";
import { Actor } from "#runtime/core/actor.ts";
import { poolOf } from "#runtime/patterns/actor-pool.ts";
import { routerOf } from "#runtime/patterns/actor-router.ts";
import type { RoutingPolicy } from "#runtime/patterns/routing-policy.ts";
import { type WorkHub, workHubOf } from "#runtime/patterns/work-pull.ts";
import { ClusterStage } from "../directory/cluster-stage.ts";

interface Clerk {
  where(key: string): string;
  note(key: string): void;
  notes(): number;
  save(key: string): Ack;
}
const Clerk = protocol<Clerk>("test.FarClerk@1", { where: ask, note: tell, notes: ask, save: ask });

class ClerkActor extends Actor<Clerk> implements Handlers<Clerk> {
  static readonly protocol = Clerk;
  #notes = 0;
  where(): string {
    return this.ctx.node.name;
  }
  note(): void {
    this.#notes += 1;
  }
  notes(): number {
    return this.#notes;
  }
  save(): Ack {
    this.#notes += 1;
    return ack;
  }
}

async function agency() {
  const stage = new ClusterStage([Clerk]);
  const a = await stage.start("a");
  const terms = { actors: [ClerkActor], roles: ["clerk"] };
  const b = await stage.start("b", terms);
  const c = await stage.start("c", terms);
  return { stage, time: stage.time, a, b, c };
}

const keys = {
  where: (key: string) => key,
  note: (key: string) => key,
  notes: () => "",
  save: (key: string) => key,
};
const policies: readonly RoutingPolicy<Clerk>[] = [
  { kind: "round-robin" },
  { kind: "random" },
  { kind: "least-loaded" },
  { kind: "consistent", keys },
  { kind: "scatter-gather-first" },
  { kind: "broadcast", acknowledged: ["save"] },
];

for (const policy of policies) {
  test(`a ${policy.kind} pool has its workers on the nodes of a role, and replaces those of a dead one`, async () => {
    const { a, stage, time } = await agency();
    const Pool = poolOf(placedOn({ role: "clerk" }, ClerkActor), { size: 4, policy });
    const pool = a.system.spawn(Pool, { name: "pool" });
    const nodes = async (): Promise<ReadonlySet<string>> => {
      const questions = Array.from({ length: 40 }, (_, n) => pool.where(`key ${n}`));
      return new Set(await time.until(Promise.all(questions), 30_000));
    };
    const check = async (expected: readonly string[]): Promise<void> => {
      assert.equal(await time.until(pool.save("x"), 30_000), ack);
      if (policy.kind === "broadcast") return;
      const seen = await nodes();
      for (const node of seen) assert.ok(expected.includes(node), node);
      const isSpread = policy.kind === "round-robin" || policy.kind === "least-loaded";
      if (isSpread) assert.equal(seen.size, expected.length);
    };
    await check(["b", "c"]);
    stage.takeDown("c");
    await time.advance(5_000);
    await check(["b"]);
    pool.note("x");
    await time.settle();
    await stage.end();
  });
}

test("a message that cannot travel is refused, and costs no router and no stand-in its life", async () => {
  const { a, b, stage, time } = await agency();
  const far = a.system.refTo(Clerk, { node: "b", path: "/clerk" });
  b.system.spawn(ClerkActor, { name: "clerk" });
  const Router = routerOf(Clerk, { policy: { kind: "round-robin" } });
  const router = a.system.spawn(Router, { routees: [far] });
  const child = a.system.spawn(placedOn("b", ClerkActor));
  for (const ref of [router, child]) {
    const careless: { note(what: unknown): void; where(what: unknown): Promise<string> } = ref;
    careless.note(() => {});
    await assert.rejects(time.until(careless.where(Symbol("s"))), { code: "invalid" });
    assert.equal(await time.until(ref.where("x")), "b");
  }
  assert.ok(!stage.logged.some((line) => /crashed/.test(line)), stage.logged.join("\n"));
  await stage.end();
});

test("a group has all of a protocol and role, as they come, end, are suspected and trusted", async () => {
  const { a, b, c, stage, time } = await agency();
  const at = [a, b, c].map((node) => ({ node, desk: new Receptionist(node.system, node.session) }));
  const spawnAt = async (name: string): Promise<Ref<Clerk>> => {
    const found = at.find(({ node }) => node.node.name === name);
    assert.ok(found);
    const clerk = found.node.system.spawn(ClerkActor);
    await time.until(found.desk.register(clerk));
    return clerk;
  };
  const receptionist = at[0]?.desk;
  assert.ok(receptionist);
  const Group = groupRouterOf(Clerk, { policy: { kind: "round-robin" } });
  const group = a.system.spawn(Group, { receptionist, role: "clerk" });
  const everywhere = a.system.spawn(Group, { receptionist });
  const nodesOf = async (ref: Ref<Clerk>): Promise<readonly string[]> => {
    await time.settle();
    const asked = Array.from({ length: 12 }, () => ref.where("x"));
    return [...new Set(await time.until(Promise.all(asked)))].toSorted();
  };
  await assert.rejects(time.until(group.where("x")), { code: "unavailable" });
  await spawnAt("a");
  const onB = await spawnAt("b");
  await spawnAt("c");
  assert.deepEqual(await nodesOf(group), ["b", "c"], "a has no such role");
  assert.deepEqual(await nodesOf(everywhere), ["a", "b", "c"]);
  stage.suspect("c", "suspected");
  assert.deepEqual(await nodesOf(group), ["b"]);
  stage.suspect("c", "trusted");
  assert.deepEqual(await nodesOf(group), ["b", "c"]);
  await time.until(b.system.stopActor(onB));
  assert.deepEqual(await nodesOf(group), ["c"]);
  await spawnAt("b");
  stage.takeDown("c");
  assert.deepEqual(await nodesOf(group), ["b"]);
  await stage.end();
});

interface Slow {
  paint(ms: number): string;
  spray(ms: number): void;
  sprayed(): number;
}
const Slow = protocol<Slow>("test.FarSlow@1", { paint: ask, spray: tell, sprayed: ask });

class SlowActor extends Actor<Slow> implements Handlers<Slow> {
  static readonly protocol = Slow;
  #sprayed = 0;
  async paint(ms: number): Promise<string> {
    await this.ctx.sleep(ms);
    return this.ctx.node.name;
  }
  async spray(ms: number): Promise<void> {
    this.#sprayed += 1;
    await this.ctx.sleep(ms);
  }
  sprayed(): number {
    return this.#sprayed;
  }
}

test("least-loaded counts its own asks of far routees; tells, and what others ask there, it cannot see", async () => {
  const stage = new ClusterStage([Slow]);
  const { time } = stage;
  const a = await stage.start("a");
  for (const name of ["b", "c"]) await stage.start(name, { actors: [SlowActor] });
  const spawned = ["b", "c"].map((node) => time.until(a.system.spawnOn(node, SlowActor)));
  const routees = await Promise.all(spawned);
  const Router = routerOf(Slow, { policy: { kind: "least-loaded" } });
  const router = a.system.spawn(Router, { routees });
  const busy = router.paint(1_000);
  await time.settle();
  const meanwhile: string[] = [];
  for (let count = 0; count < 4; count += 1) meanwhile.push(await time.until(router.paint(0)));
  const busyAt = await time.until(busy);
  assert.deepEqual(new Set(meanwhile).size, 1);
  assert.notEqual(meanwhile[0], busyAt, "who has an unanswered ask is passed over");
  const [first] = routees;
  assert.ok(first);
  const others = first.$.with({ within: 20_000 }).paint(10_000);
  for (let count = 0; count < 6; count += 1) router.spray(0);
  await time.until(others, 20_000);
  const sprayed = await time.until(Promise.all(routees.map((ref) => ref.sprayed())));
  assert.deepEqual(sprayed, [3, 3], "tells take turns, whoever is busy with the ask of another");
  await stage.end();
});

const Hub = workHubOf<number>("test.FarHub@1");

interface Puller {
  work(delivery: number, item: number): void;
  done(): readonly number[];
}
const Puller = protocol<Puller>("test.FarPuller@1", { work: tell, done: ask });

interface PullerState {
  readonly hub: Ref<WorkHub<number>>;
  readonly done: number[];
}
class PullerActor
  extends Actor<Puller, PullerState, { finish(delivery: number, item: number): void }>
  implements Handlers<Puller>
{
  static readonly protocol = Puller;
  static readonly protocols = [Hub.protocol];
  static initial = (args: { readonly hub: Ref<WorkHub<number>> }): PullerState => ({
    ...args,
    done: [],
  });
  override async start(): Promise<void> {
    await this.state.hub.join(this.ctx.self, 3);
  }
  work(delivery: number, item: number): void {
    this.ctx.after(10, "finish", delivery, item);
  }
  finish(delivery: number, item: number): void {
    this.state.done.push(item);
    this.state.hub.finish(this.ctx.self, delivery);
  }
  done(): readonly number[] {
    return this.state.done;
  }
}

test("a hub's workers live elsewhere, speak what its node has never heard of, and may die", async () => {
  const stage = new ClusterStage([]);
  const { time } = stage;
  const a = await stage.start("a");
  for (const name of ["b", "c"])
    await stage.start(name, { actors: [PullerActor], roles: ["puller"] });
  const hub = a.system.spawn(
    Hub,
    { capacity: 100, offersWaitingMax: 0, deliveriesMax: 5 },
    { name: "hub" },
  );
  const onB = await time.until(a.system.spawnOn("b", PullerActor, { hub }));
  const crew = [0, 1, 2].map(() =>
    a.system.spawn(placedOn({ role: "puller" }, PullerActor), { hub }),
  );
  await time.until(Promise.all(crew.map((ref) => a.system.started(ref))));
  await time.settle();
  assert.equal((await time.until(hub.status())).workers, 4);
  for (let item = 0; item < 60; item += 1) await time.until(hub.offer(item));
  await time.advance(15);
  const first = await time.until(onB.done());
  assert.ok(first.length > 0 && first.length <= 9, "no more than its room at a time");
  stage.takeDown("b");
  await time.advance(10_000);
  const { finished, discarded, underWay, waiting, workers } = await time.until(hub.status());
  assert.deepEqual(
    { finished, discarded, underWay, waiting },
    { finished: 60, discarded: 0, underWay: 0, waiting: 0 },
  );
  assert.equal(workers, 3, "those of b were placed anew, the one that nobody supervised is gone");
  await stage.end();
});
