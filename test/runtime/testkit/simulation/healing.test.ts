// What brings a fault about beside time, and what ends when all heals.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Handlers, protocol, tell } from "#protocols/index.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import { Actor } from "#runtime/index.ts";
import {
  type Check,
  expectKept,
  type HistoryEvent,
  type SimulatedHost,
  type Simulation,
  simulate,
} from "#runtime/testkit/index.ts";

const recorder =
  (events: HistoryEvent[]): Check =>
  () => ({
    name: "recorder",
    saw: (event) => void events.push(event),
  });

const world = (changes: Partial<Simulation> = {}): Simulation => ({
  ...{ nodes: 2, until: "1s", settle: "3s", network: "calm", build: () => {}, checks: [] },
  ...changes,
});

test("a fault that waits for a fact comes with it, the right time, and never after all has healed", async () => {
  const facts = (times: number): Partial<Simulation> => ({
    workload: {
      plan: () =>
        Array.from({ length: times }, (_, round) => {
          return { atMs: 100 + 100 * round, node: "a", act: "say" };
        }),
      perform: (_, { record }) => record({ kind: "fact", name: "said", about: "" }),
    },
  });
  const brings = { kind: "crash", atMs: 50, node: "b", downMs: 100 } as const;
  const faults = [{ kind: "upon", atMs: 0, fact: "said", nth: 2, brings }] as const;
  const events: HistoryEvent[] = [];
  const ended = async (times: number): Promise<readonly number[]> => {
    events.length = 0;
    await simulate({ ...world({ ...facts(times), faults }), checks: [recorder(events)], seed: 1 });
    return events.filter(({ kind }) => kind === "node-ended").map(({ atMs }) => atMs);
  };
  assert.deepEqual(await ended(1), []);
  assert.deepEqual(await ended(3), [250]);
  const late = { ...brings, atMs: 5_000 };
  const tooLate = { ...world(facts(3)), faults: [{ ...faults[0], brings: late }], seed: 1 };
  assert.equal((await simulate(tooLate)).facts["node-ended"], undefined);
});

test("rare choices end when all heals", async () => {
  const chosen: boolean[] = [];
  const choose = (host: SimulatedHost): void => void chosen.push(host.buggify("test.choice", 1));
  const result = await simulate({
    ...world(),
    buggify: ["test.choice"],
    workload: {
      plan: () => [{ atMs: 500, node: "a", act: "choose" }],
      perform: (_, host) => choose(host),
    },
    verify: (hosts) => {
      for (const host of hosts.values()) choose(host);
    },
    seed: 1,
  });
  expectKept(result);
  assert.deepEqual(chosen, [true, false, false]);
});

test("a world that is at rest is not waited for, and one that is not has all its time", async () => {
  const restingFrom = async (restMs: number): Promise<number> => {
    const world: Simulation = {
      ...{ nodes: ["a", "b"], until: "100ms", settle: "20s", build: () => {}, checks: [] },
      isAtRest: (hosts) => [...hosts.values()].every((host) => host.now() >= restMs),
    };
    const { virtualMs, violation } = await simulate({ ...world, seed: 1 });
    assert.equal(violation, undefined);
    return virtualMs;
  };
  const early = await restingFrom(5_000);
  assert.ok(early >= 5_000 && early < 5_600, `${early}`);
  assert.ok((await restingFrom(Number.POSITIVE_INFINITY)) >= 20_100);
});

test("a world is not at rest while a node is about to leave", async () => {
  const goneAfterMs = 2_000;
  const lives: number[] = [];
  const result = await simulate({
    ...world({ settle: "20s" }),
    faults: [{ kind: "leave", atMs: 900, node: "b", downMs: 100 }],
    build: ({ system }) => {
      const lingers = () => sleepUntil(system.timers, system.clock.now() + goneAfterMs, undefined);
      system.onShutdown("finish-work", "a long goodbye", lingers);
    },
    isAtRest: () => true,
    verify: (hosts) => void lives.push(...[...hosts.values()].map((each) => each.node.incarnation)),
    seed: 1,
  });
  expectKept(result);
  assert.deepEqual(lives, [1, 2]);
});

interface Doomed {
  fall(): void;
}
const Doomed = protocol<Doomed>("healing.Doomed@1", { fall: tell });

class DoomedActor extends Actor<Doomed> implements Handlers<Doomed> {
  static readonly protocol = Doomed;
  override start(): never {
    throw new Error("it was hit before");
  }
  fall(): void {}
}

test("a node that ends while it is looked at begins the last look anew", async () => {
  const lives: (readonly [node: string, incarnation: number])[] = [];
  const result = await simulate({
    ...world({ settle: "1s" }),
    build: ({ node, system }) => {
      if (node.name !== "b" || node.incarnation > 1) return;
      system.timers.set(system.clock.now() + 2_100, () => system.spawn(DoomedActor));
    },
    verify: (hosts) => {
      lives.push(...[...hosts.values()].map(({ node }) => [node.name, node.incarnation] as const));
      return lives.length > 2 ? undefined : new Promise<void>(() => {});
    },
    seed: 1,
  });
  expectKept(result);
  assert.deepEqual(lives, [
    ["a", 1],
    ["b", 1],
    ["a", 1],
    ["b", 2],
  ]);
});
