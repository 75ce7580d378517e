// A message handed on: its open reply, its sender, its deadline and its withdrawal go with it.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { MemoryNetwork } from "#runtime/testkit/memory-network.ts";
import { createTestSystem, type TestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";
import { nameOf, outcomeOf, restartAtOnce } from "./puppet.ts";

/** What a desk does with a message: hands it on to the next desk, or deals with it. */
type Manner =
  | "answer"
  | "refuse"
  | "crash"
  | "never"
  | "forward"
  | "forward later"
  | "forward and crash"
  | "forward and answer"
  | "ask back";

interface Desk {
  /** Says who asked whom, and in how many milliseconds an answer is due. */
  handle(...manners: readonly Manner[]): string;
  note(...manners: readonly Manner[]): void;
  next(desk: Ref<Desk>): Ack;
  seen(): readonly string[];
  noteLater(): void;
  /** As a handler, asks the first desk and says what came of it. */
  relay(first: Ref<Desk>, manners: readonly Manner[]): string;
  send(first: Ref<Desk>, manners: readonly Manner[]): void;
}
const Desk = protocol<Desk>("test.Desk@1", {
  handle: ask({ within: 1_000 }),
  note: tell,
  next: ask,
  seen: ask,
  noteLater: tell,
  relay: ask({ within: 500 }),
  send: tell,
});

interface DeskState {
  next: Ref<Desk> | undefined;
  manners: Manner[];
  readonly seen: string[];
}

/** Manners are used up desk by desk: what is forwarded arrives with the same list. */
class DeskActor extends Actor<Desk, DeskState> implements Handlers<Desk> {
  static readonly protocol = Desk;
  static initial = (): DeskState => ({ next: undefined, manners: [], seen: [] });
  next(desk: Ref<Desk>): Ack {
    this.state.next = desk;
    return ack;
  }
  seen(): readonly string[] {
    return this.state.seen;
  }
  handle(...manners: readonly Manner[]): string | Promise<string> {
    const manner = manners[this.#position] ?? "answer";
    switch (manner) {
      case "answer":
        return `${nameOf(this.ctx.sender)}>${nameOf(this.ctx.self)} in ${this.ctx.remaining}`;
      case "refuse":
        throw reply(new Failure("conflict", "it refuses"));
      case "crash":
        throw new Error("it crashes");
      case "never":
        return this.#withdrawn();
      case "forward":
        return this.ctx.forward(this.#next);
      case "forward later":
        return this.ctx.sleep(10).then(() => this.ctx.forward(this.#next));
      case "forward and crash":
        this.ctx.forward(this.#next);
        throw new Error("it crashes");
      case "forward and answer":
        this.ctx.forward(this.#next);
        return "its own answer";
      case "ask back":
        return this.#next.handle("answer");
      default:
        return manner satisfies never;
    }
  }
  note(...manners: readonly Manner[]): void {
    if (manners[this.#position] === "forward") this.ctx.forward(this.#next);
    else this.state.seen.push(`${nameOf(this.ctx.sender)} noted`);
  }
  noteLater(): void {
    this.ctx.after(10, "note", "forward");
  }
  async relay(first: Ref<Desk>, manners: readonly Manner[]): Promise<string> {
    return String(await outcomeOf(first.handle(...manners)));
  }
  /** Ends when nobody wants the answer any more. */
  #withdrawn(): Promise<string> {
    return new Promise((resolve) => {
      this.ctx.signal.addEventListener("abort", () => {
        this.state.seen.push("aborted");
        resolve("too late");
      });
    });
  }
  send(first: Ref<Desk>, manners: readonly Manner[]): void {
    first.note(...manners);
  }
  get #next(): Ref<Desk> {
    return this.state.next ?? assert.fail("there is no next desk");
  }
  /** Desks are named by their position. */
  get #position(): number {
    return Number(nameOf(this.ctx.self).at(-1));
  }
}

interface Hall {
  readonly time: VirtualTime;
  readonly systems: readonly TestSystem[];
  /** As an outsider of the first desk's node has it. */
  readonly first: Ref<Desk>;
  readonly desks: readonly Ref<Desk>[];
  /** An actor on the first desk's node. */
  readonly clerk: Ref<Desk>;
}

/** Three desks, each of which knows the next; `homes` says on which of three nodes each one is. */
async function hall(homes: readonly number[]): Promise<Hall> {
  const time = new VirtualTime();
  const network = new MemoryNetwork();
  const systems: TestSystem[] = [];
  for (const name of ["n0", "n1", "n2"]) {
    const node = { name, incarnation: 2 };
    const transport = network.transportOf(node, () => created.system);
    const timers = time.createTimers();
    const terms = { node, time, timers, transport, protocols: [Desk], director: "n0" };
    const created: TestSystem = createTestSystem({ ...terms, supervise: restartAtOnce });
    await created.system.start();
    systems.push(created);
  }
  const homeOf = (index: number): TestSystem => systems[homes[index] ?? 0] ?? assert.fail();
  const desks = homes.map((_, index) =>
    homeOf(index).system.spawn(DeskActor, { name: `desk-${index}` }),
  );
  for (const [index, desk] of desks.entries()) {
    const next = desks[(index + 1) % desks.length] ?? desk;
    await desk.next(homeOf(index).system.refFrom(Desk, next));
  }
  const clerk = homeOf(0).system.spawn(DeskActor, { name: "clerk-9" });
  return { time, systems, desks, clerk, first: desks[0] ?? assert.fail() };
}

const layouts: Readonly<Record<string, readonly number[]>> = {
  "on one node": [0, 0, 0],
  "over two nodes": [0, 1, 0],
  "over three nodes": [0, 1, 2],
};

for (const [where, homes] of Object.entries(layouts)) {
  test(`the last one answers the first one's asker, ${where}`, async () => {
    const { clerk, first, time } = await hall(homes);
    const asked = clerk.relay(first, ["forward", "forward", "answer"]);
    assert.equal(await time.until(asked), "clerk-9>desk-2 in 500");
    const outside = first.handle("forward", "forward", "answer");
    assert.equal(await time.until(outside), "nobody>desk-2 in 1000");
  });

  test(`a deadline is not lengthened by being handed on, ${where}`, async () => {
    const { clerk, first, time } = await hall(homes);
    const asked = clerk.relay(first, ["forward later", "forward later", "answer"]);
    await time.advance(30);
    assert.equal(await asked, "clerk-9>desk-2 in 480");
    const never = clerk.$.with({ within: 100 }).relay(first, ["forward later", "forward", "never"]);
    never.catch(() => {});
    await time.advance(99);
    const code = outcomeOf(never);
    await time.advance(1);
    assert.equal(await code, "timeout");
  });

  test(`refusals, crashes and withdrawals reach whom they concern, ${where}`, async () => {
    const { clerk, desks, first, time } = await hall(homes);
    const relay = (...manners: Manner[]): Promise<string> =>
      time.until(clerk.relay(first, manners));
    assert.equal(await relay("forward", "forward", "refuse"), "conflict");
    assert.equal(await relay("forward", "forward", "crash"), "actor_crashed");
    const controller = new AbortController();
    const asked = outcomeOf(
      first.$.with({ signal: controller.signal }).handle("forward", "forward later", "never"),
    );
    await time.advance(50);
    controller.abort();
    assert.equal(await asked, "cancelled");
    await time.settle();
    assert.deepEqual(await time.until(desks[2]?.seen() ?? assert.fail()), ["aborted"]);
  });

  test(`whoever has handed a message on has no say in its answer, ${where}`, async () => {
    const { clerk, first, time } = await hall(homes);
    const relay = (...manners: Manner[]): Promise<string> =>
      time.until(clerk.relay(first, manners));
    assert.equal(await relay("forward and answer", "forward", "answer"), "clerk-9>desk-2 in 500");
    assert.equal(await relay("forward and crash", "forward", "answer"), "clerk-9>desk-2 in 500");
  });

  test(`what comes back to its asker by being handed on fails at once, ${where}`, async () => {
    const { desks, first, systems, time } = await hall(homes);
    // Desk 2 asks desk 0, which hands it on to desk 1 and that back to desk 2.
    const last = desks[2] ?? assert.fail();
    const home = systems[homes[2] ?? 0] ?? assert.fail();
    const asked = last.relay(home.system.refFrom(Desk, first), ["forward", "forward", "answer"]);
    await time.settle();
    assert.equal(time.now(), 0);
    assert.equal(await time.until(asked), "ask_cycle");
    assert.equal(time.now(), 0, "it did not wait for its deadline");
  });

  test(`a tell that is handed on keeps its sender, a timer's has none, ${where}`, async () => {
    const { clerk, desks, first, systems, time } = await hall(homes);
    first.note("forward", "forward", "answer");
    clerk.send(first, ["forward", "forward", "answer"]);
    await time.settle();
    first.noteLater();
    await time.advance(20);
    const seen = (desk: Ref<Desk> | undefined): Promise<readonly string[]> =>
      time.until(desk?.seen() ?? assert.fail());
    assert.deepEqual(await seen(desks[1]), ["nobody noted"]);
    assert.deepEqual(await seen(desks[2]), ["nobody noted", "clerk-9 noted"]);
    for (const { system } of systems) {
      const { sent, processed, queued, dead, inFlight } = system.counts;
      assert.deepEqual([sent - processed, queued, dead, inFlight], [0, 0, 0, 0]);
    }
  });
}

test("handing on to nobody fails the ask at once and buries a tell", async () => {
  const { desks, first, systems, time } = await hall([0, 1, 2]);
  await systems[1]?.system.stopActor(desks[1] ?? assert.fail());
  assert.equal(await time.until(outcomeOf(first.handle("forward"))), "actor_stopped");
  first.note("forward");
  await time.settle();
  assert.equal(systems[1]?.system.deadLetters.counts.get("actor_stopped"), 1);
});
