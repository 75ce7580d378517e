import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { type Ack, ack, ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { explore, OrderFailure } from "#runtime/testkit/explore.ts";
import { createTestSystem, type TestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

interface Cell {
  read(): number;
  write(value: number): Ack;
}
const Cell = protocol<Cell>("test.Cell@1", { read: ask, write: ask });
class CellActor extends Actor<Cell, { value: number }> implements Handlers<Cell> {
  static readonly protocol = Cell;
  static initial = (_args: object) => ({ value: 0 });
  read(): number {
    return this.state.value;
  }
  write(value: number): Ack {
    this.state.value = value;
    return ack;
  }
}

interface Clerk {
  add(to: Ref<Cell>): Ack;
}
const Clerk = protocol<Clerk>("test.Clerk@1", { add: ask });
class ClerkActor extends Actor<Clerk> implements Handlers<Clerk> {
  static readonly protocol = Clerk;
  /** Reads, then writes: what another clerk wrote between is lost. */
  async add(to: Ref<Cell>): Promise<Ack> {
    const value = await to.read();
    return to.write(value + 1);
  }
}

const race = async ({ system, time }: ReturnType<typeof createTestSystem>): Promise<void> => {
  const cell = system.spawn(CellActor, {});
  const clerks = [system.spawn(ClerkActor), system.spawn(ClerkActor)];
  await time.until(Promise.all(clerks.map((clerk) => clerk.add(cell))));
  assert.equal(await cell.read(), 2, "no addition is lost");
};

test("an order that loses an update is found, named by its seed, and repeats", async () => {
  const failure = await explore(100, race).then(
    () => assert.fail("no order loses an update"),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof OrderFailure);
  const { seed, choices } = failure;
  assert.match(
    failure.message,
    new RegExp(`^seed ${seed} breaks the test, after \\d+ choices: no`),
  );
  assert.match(
    failure.message,
    new RegExp(`TROUPE_SEED=${seed} node --import tsx --test test/runtime/testkit/explore.test.ts`),
  );
  await assert.rejects(explore([seed], race), OrderFailure);
  await assert.rejects(race(createTestSystem({ order: { seed } })), /no addition is lost/);
  await assert.rejects(race(createTestSystem({ order: { choices } })), /no addition is lost/);
});

test("a record repeats a run that chance decided, given its seed", async () => {
  const gamble = async ({ system }: TestSystem): Promise<void> => {
    const drawn = system.random.next();
    assert.ok(drawn > 0.2, `unlucky: ${drawn}`);
  };
  const failure = await explore(100, gamble).catch((error: unknown) => error);
  assert.ok(failure instanceof OrderFailure);
  const { seed, choices } = failure;
  await gamble(createTestSystem({ order: { choices } }));
  await assert.rejects(gamble(createTestSystem({ order: { seed, choices } })), /unlucky/);
});

interface Note {
  note(text: string): void;
}
const Note = protocol<Note>("test.Note@1", { note: tell });
interface Herald {
  tellAll(to: Ref<Note>, count: number): void;
}
const Herald = protocol<Herald>("test.Herald@1", { tellAll: tell });
class HeraldActor extends Actor<Herald> implements Handlers<Herald> {
  static readonly protocol = Herald;
  tellAll(to: Ref<Note>, count: number): void {
    for (let index = 0; index < count; index += 1) to.note(`${this.ctx.path} ${index}`);
  }
}

test("orders differ between senders, and never within one", async () => {
  const seen = new Set<string>();
  const { runs, orders } = await explore(60, async ({ system, probe, time }) => {
    const listener = probe(Note);
    for (const name of ["a", "b", "c"])
      system.spawn(HeraldActor, { name }).tellAll(listener.ref, 3);
    await time.settle();
    const texts = listener.received.map(({ args }) => args[0]);
    for (const name of ["/a", "/b", "/c"]) {
      const own = texts.filter((text) => text.startsWith(name));
      assert.deepEqual(own, [`${name} 0`, `${name} 1`, `${name} 2`]);
    }
    seen.add(texts.join());
  });
  assert.equal(runs, 60);
  assert.ok(orders > 20, `${orders} orders`);
  assert.equal(seen.size, 6, "a herald speaks in one turn: three heralds have six orders");
});

test("equal seeds give equal runs, with timers, chance and asks", async () => {
  const runOf = async (seed: number): Promise<string> => {
    const { system, time, choices, stop } = createTestSystem({ order: { seed } });
    const cell = system.spawn(CellActor, {});
    const clerks = Array.from({ length: 5 }, () => system.spawn(ClerkActor));
    for (let round = 0; round < 5; round += 1) {
      await time.until(Promise.all(clerks.map((clerk) => clerk.add(cell))));
      await time.advance(system.random.next() * 100);
    }
    const result = [await cell.read(), time.now(), choices.join()].join(" ");
    await stop();
    return result;
  };
  const first = await Promise.all([1, 2, 3].map(runOf));
  for (const seed of [1, 2, 3]) assert.equal(await runOf(seed), first[seed - 1]);
  assert.equal(new Set(first).size, 3);
});

test("what swallows the machine's clock breaks the exploration, unless it is allowed", async () => {
  const sneaky = (): void => {
    try {
      Date.now();
    } catch {
      // Whoever hides it is found all the same.
    }
  };
  await assert.rejects(explore(1, sneaky), /Date\.now was used at .*explore\.test\.ts/);
  assert.deepEqual(await explore([9], sneaky, { ambient: "allowed" }), { runs: 1, orders: 1 });
});

class BrokenActor extends Actor<Note> implements Handlers<Note> {
  static readonly protocol = Note;
  note(text: string): void {
    throw new Error(text);
  }
}

test("a system that gives up breaks the run", async () => {
  const supervise = {
    strategy: "one-for-one",
    restartsMax: 0,
    withinMs: 1_000,
    backoff: { delayMsMin: 1, delayMsMax: 1, factor: 1, jitter: 0 },
  } as const;
  const giveUp = ({ system }: ReturnType<typeof createTestSystem>): void =>
    system.spawn(BrokenActor).note("I break");
  await assert.rejects(explore(1, giveUp, { system: { supervise } }), /I break/);
});

test("an order beside a time that has its own is refused, not passed over", () => {
  const time = new VirtualTime();
  assert.throws(
    () => createTestSystem({ time, order: { seed: 1 } }),
    /new VirtualTime\(new Seeded/,
  );
});

test("numbers of seeds that make no sense are refused", async () => {
  for (const seeds of [0, 1.5, 1_000_001, []]) {
    await assert.rejects(
      explore(seeds, () => {}),
      /explore runs 1 to 1000000 seeds/,
    );
  }
});
