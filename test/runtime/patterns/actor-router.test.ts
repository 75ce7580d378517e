import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import {
  type Ack,
  ack,
  ask,
  type Deferred,
  type Handlers,
  protocol,
  tell,
} from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { routeesMax, routerOf } from "#runtime/patterns/actor-router.ts";
import type { RoutingPolicy } from "#runtime/patterns/routing-policy.ts";
import { createTestPair, createTestSystem } from "#runtime/testkit/test-system.ts";

interface Desk {
  note(text: string): void;
  who(): string;
  hold(ms: number): string;
  flush(): Ack;
  refuse(): Ack;
  end(): void;
}
const Desk = protocol<Desk>("test.Desk@1", {
  note: tell,
  who: ask,
  hold: ask({ within: 10_000 }),
  flush: ask,
  refuse: ask,
  end: tell,
});
interface DeskState {
  readonly name: string;
  readonly diary: string[];
  /** Milliseconds that `hold` takes longer here; below 0 it fails. */
  readonly extraMs: number;
}
interface Own {
  held(name: string): void;
}

class DeskActor extends Actor<Desk, DeskState, Own> implements Handlers<Desk> {
  static readonly protocol = Desk;
  static initial = (args: DeskState) => args;
  readonly #held: ((name: string) => void)[] = [];
  note(text: string): void {
    this.state.diary.push(`${this.state.name}: ${text}`);
  }
  who(): string {
    return this.state.name;
  }
  hold(ms: number): Deferred<string> {
    const { name, extraMs, diary } = this.state;
    if (extraMs < 0) throw reply(new Failure("model_failed", `${name} cannot`));
    this.ctx.signal.addEventListener("abort", () => diary.push(`${name} cancelled`));
    this.ctx.after(ms + extraMs, "held", name);
    return this.ctx.defer(new Promise((resolve) => this.#held.push(resolve)));
  }
  held(name: string): void {
    this.#held.shift()?.(name);
  }
  flush(): Ack {
    this.note("flush");
    return ack;
  }
  refuse(): Ack {
    if (this.state.name !== "a") throw reply(new Failure("not_found", `${this.state.name}: no`));
    return ack;
  }
  end(): void {
    this.ctx.stop();
  }
}

const byText = {
  note: (text: string) => text,
  who: () => "who",
  hold: (ms: number) => `${ms}`,
  flush: () => "flush",
  refuse: () => "refuse",
  end: () => "end",
};

function deskGroup(policy: RoutingPolicy<Desk>, extra: Readonly<Record<string, number>>) {
  const world = createTestSystem();
  const diary: string[] = [];
  const desks = Object.entries(extra).map(([name, extraMs]) =>
    world.system.spawn(DeskActor, { name, diary, extraMs }, { name }),
  );
  const Router = routerOf(Desk, { policy });
  const router = world.system.spawn(Router, { routees: desks }, { name: "router" });
  return { ...world, diary, desks, router };
}
const three = { a: 0, b: 0, c: 0 };

test("a router fits wherever a ref of its routees' protocol does", async () => {
  const { router, system } = deskGroup({ kind: "round-robin" }, three);
  const askWho = (desk: Ref<Desk>): Promise<string> => desk.who();
  assert.equal(await askWho(router), "a");
  assert.equal(await system.refFrom(Desk, router).who(), "b");
});

test("round-robin passes tells and asks on in turn", async () => {
  const { router, time, diary } = deskGroup({ kind: "round-robin" }, three);
  router.note("1");
  router.note("2");
  assert.equal(await router.who(), "c");
  router.note("3");
  await time.settle();
  assert.deepEqual(diary, ["a: 1", "b: 2", "a: 3"]);
});

test("an ask goes on with its deadline and its signal", async () => {
  const { router, time, diary, system } = deskGroup({ kind: "round-robin" }, three);
  const late = assert.rejects(router.$.with({ within: 50 }).hold(100), { code: "timeout" });
  const controller = new AbortController();
  const withdrawn = assert.rejects(router.$.with({ signal: controller.signal }).hold(100), {
    code: "cancelled",
  });
  await time.advance(10);
  controller.abort();
  await withdrawn;
  await time.advance(60);
  await late;
  assert.deepEqual(diary, ["b cancelled", "a cancelled"]);
  assert.equal(system.asks.openCount, 0);
});

test("an ask that was passed on is answered though the router has ended meanwhile", async () => {
  const { router, time, system } = deskGroup({ kind: "round-robin" }, three);
  const answer = router.hold(100);
  await time.settle();
  await system.stopActor(router);
  await time.advance(100);
  assert.equal(await answer, "a");
});

test("a routee that has ended gets nothing more", async () => {
  const { router, desks, time } = deskGroup({ kind: "round-robin" }, three);
  desks[1]?.end();
  await time.settle();
  const names = await Promise.all([1, 2, 3, 4].map(() => router.who()));
  assert.deepEqual([...new Set(names)].sort(), ["a", "c"]);
  assert.equal((await router.routees()).length, 2);
});

test("routees come and go at run time; one comes once", async () => {
  const { router, desks, system, diary } = deskGroup({ kind: "round-robin" }, { a: 0 });
  const more = system.spawn(DeskActor, { name: "more", diary, extraMs: 0 });
  await router.addRoutee(more);
  await router.addRoutee(more);
  assert.deepEqual(await Promise.all([router.who(), router.who()]), ["a", "more"]);
  await router.removeRoutee(more);
  await router.removeRoutee(more);
  assert.deepEqual(await router.routees(), desks);
});

test("an actor of another protocol, and one too many, are refused", async () => {
  const { router, system, diary } = deskGroup({ kind: "round-robin" }, { a: 0 });
  const Other = protocol<{ hear(): void }>("test.Other@1", { hear: tell });
  const stranger = system.refTo(Other, { node: "test", path: "/other" });
  await assert.rejects(router.addRoutee(stranger), { code: "invalid", message: /test\.Other@1/ });
  const desk = () => system.spawn(DeskActor, { name: "x", diary, extraMs: 0 });
  await assert.rejects(router.addRoutee(router), { code: "invalid", message: /its own routee/ });
  for (let count = 1; count < routeesMax; count += 1) await router.addRoutee(desk());
  await assert.rejects(router.addRoutee(desk()), { code: "too_large" });
});

test("without routees a tell is a dead letter, and an ask fails with unavailable", async () => {
  const { router, log, system, time } = deskGroup({ kind: "random" }, {});
  router.note("into the void");
  await assert.rejects(router.who(), { code: "unavailable", message: /add a routee/ });
  await time.settle();
  assert.ok(log.some(({ level, message }) => level === "warn" && /note was refused/.test(message)));
  assert.equal(system.deadLetters.counts.get("unavailable"), 1);
});

test("least-loaded asks whoever has the fewest asks in flight", async () => {
  const { router, time } = deskGroup({ kind: "least-loaded" }, { a: 1_000, b: 0 });
  const slow = router.hold(0);
  await time.settle();
  assert.deepEqual([await router.who(), await router.who()], ["b", "b"]);
  await time.advance(1_000);
  assert.equal(await slow, "a");
});

test("least-loaded sees what others have put into a mailbox of this node", async () => {
  const { router, desks, time, diary } = deskGroup({ kind: "least-loaded" }, { a: 0, b: 0 });
  await router.who();
  await router.who();
  router.note("mine");
  for (let count = 0; count < 20; count += 1) desks[0]?.note("theirs");
  await time.settle();
  assert.ok(diary.includes("b: mine"));
});

test("consistent keeps a key at its routee, also when others come and go", async () => {
  const { router, desks, diary, time, system } = deskGroup(
    { kind: "consistent", keys: byText },
    three,
  );
  const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
  const owners = async (): Promise<ReadonlyMap<string, string>> => {
    diary.length = 0;
    for (const key of keys) router.note(key);
    await time.settle();
    return new Map(diary.map((line) => [line.slice(3), line.slice(0, 1)]));
  };
  const first = await owners();
  assert.deepEqual([...new Set(first.values())].sort(), ["a", "b", "c"]);
  assert.deepEqual(await owners(), first);
  desks[1]?.end();
  await time.settle();
  const second = await owners();
  for (const [key, owner] of first) if (owner !== "b") assert.equal(second.get(key), owner);
  const back = system.spawn(DeskActor, { name: "b", diary, extraMs: 0 }, { name: "b" });
  await router.addRoutee(back);
  assert.deepEqual(await owners(), first);
});

test("a call without a usable key is refused, and the router goes on", async () => {
  const keys = {
    ...byText,
    who: () => {
      throw new Error("no key");
    },
    hold: (_ms: number): string => JSON.parse("7"),
  };
  const { router, log } = deskGroup({ kind: "consistent", keys }, three);
  await assert.rejects(router.who(), { code: "invalid", message: /no key/ });
  await assert.rejects(router.hold(1), { code: "invalid", message: /return a text/ });
  assert.equal(await router.flush(), ack);
  assert.ok(!log.some(({ message }) => /crashed/.test(message)));
});

test("broadcast tells all, and an acknowledged ask is done when all are", async () => {
  const policy = { kind: "broadcast", acknowledged: ["flush", "refuse"] } as const;
  const { router, time, diary } = deskGroup(policy, three);
  router.note("x");
  assert.equal(await router.flush(), ack);
  await time.settle();
  assert.deepEqual(diary.toSorted(), ["a: flush", "a: x", "b: flush", "b: x", "c: flush", "c: x"]);
  await assert.rejects(router.refuse(), { code: "not_found", message: /2 of 3 failed/ });
});

test("broadcast refuses an ask that is not acknowledged, and asks nobody", async () => {
  const { router, diary, time } = deskGroup({ kind: "broadcast" }, three);
  await assert.rejects(router.flush(), { code: "invalid", message: /acknowledged/ });
  await assert.rejects(router.who(), { code: "invalid" });
  await time.settle();
  assert.deepEqual(diary, []);
});

test("scatter-gather-first answers with the first success and cancels the others", async () => {
  const { router, time, diary } = deskGroup(
    { kind: "scatter-gather-first" },
    { a: 300, b: -1, c: 100 },
  );
  const answer = router.hold(0);
  await time.advance(100);
  assert.equal(await answer, "c");
  await time.settle();
  assert.deepEqual(diary, ["a cancelled"]);
});

test("scatter-gather-first fails when all have failed", async () => {
  const { router } = deskGroup({ kind: "scatter-gather-first" }, { a: -1, b: -1 });
  await assert.rejects(router.hold(0), { code: "model_failed", message: /2 of 2 failed/ });
});

test("a protocol whose methods have names of the router's own cannot be routed", () => {
  const options = { policy: { kind: "random" } } as const;
  for (const name of ["addRoutee", "routees", "hasOwnProperty"] as const) {
    const Bad = protocol<Record<string, () => void>>("test.Bad@1", { [name]: tell });
    assert.throws(() => routerOf(Bad, options), { code: "invalid", message: /rename/ });
  }
});

test("routees on another node are asked, and are gone when their node is", async () => {
  const { a, b, network } = await createTestPair([Desk]);
  const diary: string[] = [];
  b.system.spawn(DeskActor, { name: "far", diary, extraMs: 0 }, { name: "desk" });
  const far = a.system.refTo(Desk, { node: "b", path: "/desk" });
  const near = a.system.spawn(DeskActor, { name: "near", diary, extraMs: 0 });
  const Router = routerOf(Desk, { policy: { kind: "round-robin" } });
  const router = a.system.spawn(Router, { routees: [far, near] }, { name: "router" });
  const fromB = b.system.refTo(Desk, { node: "a", path: "/router" });
  assert.deepEqual([await fromB.who(), await fromB.who()], ["far", "near"]);
  network.takeDown("b");
  await a.time.settle();
  assert.deepEqual([await router.who(), await router.who()], ["near", "near"]);
});
