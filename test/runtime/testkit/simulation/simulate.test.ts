import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import {
  type Check,
  exhaustCrashes,
  expectKept,
  type HistoryEvent,
  planOf,
  type SimulatedHost,
  type Simulation,
  SimulationFailure,
  shrink,
  simulate,
  simulateSeeds,
  swarm,
} from "#runtime/testkit/index.ts";
import { BuggifySwarm } from "#runtime/testkit/simulation/buggify-swarm.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";

interface Echo {
  echo(number: number): number;
}
const Echo = protocol<Echo>("test.SimulatedEcho@1", { echo: ask() });
class EchoActor extends Actor<Echo> implements Handlers<Echo> {
  static readonly protocol = Echo;
  echo(number: number): number {
    return number;
  }
}

/** Collects the history of a run. */
const recorder =
  (events: HistoryEvent[]): Check =>
  () => ({
    name: "recorder",
    saw: (event) => void events.push(event),
  });

const world = (changes: Partial<Simulation> = {}): Simulation => ({
  nodes: 2,
  until: "1s",
  settle: "3s",
  network: "calm",
  protocols: [Echo],
  build: ({ system }) => {
    system.spawn(EchoActor, { name: "echo" });
  },
  checks: [],
  ...changes,
});

const echoAt = ({ system }: SimulatedHost, node: string) =>
  system.refTo(Echo, { node, path: "/echo" }).$.with({ within: 1_000 });

test("actors of two nodes talk, and the whole run is a hash", async () => {
  const answers: number[] = [];
  const simulation = world({
    workload: {
      plan: () => [{ atMs: 500, node: "a", act: "echo", terms: { number: 5 } }],
      perform: async ({ terms }, host) => {
        answers.push(await echoAt(host, "b").echo(Number(terms?.number)));
      },
    },
  });
  const [one, other] = [
    await simulate({ ...simulation, seed: 1 }),
    await simulate({ ...simulation, seed: 1 }),
  ];
  expectKept(one);
  assert.deepEqual(answers, [5, 5]);
  assert.match(one.digest, /^[0-9a-f]{64}$/);
  assert.equal(other.digest, one.digest);
  assert.notEqual((await simulate({ ...simulation, seed: 2 })).digest, one.digest);
});

test("a dead life settles nothing any more, and its successor has only what was durable", async () => {
  const seen: string[] = [];
  const build = async ({ node, disk }: SimulatedHost): Promise<void> => {
    const name = `a~${node.incarnation}`;
    seen.push(`${name} finds ${String(await disk.read("k"))}`);
    await disk.write("k", Uint8Array.from([node.incarnation]));
    seen.push(`${name} wrote`);
    disk.read("k").finally(() => seen.push(`${name} reads`));
  };
  const faults = [{ kind: "crash", atMs: 500, node: "a", downMs: 100 }] as const;
  const crashed = await simulate({ ...world({ nodes: ["a"], build, faults }), seed: 1 });
  expectKept(crashed);
  assert.deepEqual(seen, [
    ...["a~1 finds undefined", "a~1 wrote", "a~1 reads"],
    ...["a~2 finds 1", "a~2 wrote", "a~2 reads"],
  ]);
  seen.length = 0;
  const atOnce = [{ kind: "crash", atMs: 0, node: "a", downMs: 100 }] as const;
  await simulate({ ...world({ nodes: ["a"], build, faults: atOnce }), seed: 1 });
  assert.ok(!seen.includes("a~1 wrote") && !seen.includes("a~1 reads"), seen.join());
});

test("a paused node does nothing, and then goes on as if nothing was", async () => {
  const events: HistoryEvent[] = [];
  const simulation = world({
    nodes: ["a"],
    faults: [{ kind: "pause", atMs: 100, node: "a", forMs: 300 }],
    workload: {
      plan: () => [50, 200, 350].map((atMs) => ({ atMs, node: "a", act: "note" })),
      perform: ({ atMs }, host) =>
        host.record({ kind: "fact", name: "did", about: `${atMs} at ${Math.round(host.now())}` }),
    },
    checks: [recorder(events)],
  });
  expectKept(await simulate({ ...simulation, seed: 1 }));
  const did = events.flatMap((event) => (event.kind === "fact" ? [event.about] : []));
  assert.deepEqual(did, ["50 at 50", "200 at 400", "350 at 400"]);
});

test("whatever goes wrong is a violation, by its name", async () => {
  const throwing = (): never => {
    throw new Error("not like this");
  };
  const step = { plan: () => [{ atMs: 1, node: "a", act: "x" }] };
  const wrong: readonly (readonly [Partial<Simulation>, string, RegExp])[] = [
    [{ build: throwing }, "build", /could not be built: Error: not like this/],
    [{ build: () => new Promise(() => {}) }, "build", /a is not built yet/],
    [{ verify: throwing }, "verify", /not like this/],
    [{ verify: () => new Promise(() => {}) }, "verify", /did not end within 30000 virtual ms/],
    [{ workload: { ...step, perform: throwing } }, "workload", /x at 1 ms failed: .*not like this/],
    [{ build: () => void Math.random() }, "build", /Math\.random/],
    [
      { workload: { ...step, perform: () => void setTimeout(() => {}, 1) } },
      "workload",
      /setTimeout/,
    ],
    [
      { build: ({ system }) => void system.timers.set(system.clock.now() + 5, throwing) },
      "no uncaught error",
      /not like this/,
    ],
    [{ checks: [() => ({ name: "picky", saw: throwing })] }, "picky", /not like this/],
  ];
  for (const [changes, checker, statement] of wrong) {
    const { violation } = await simulate({ ...world(changes), seed: 1 });
    assert.equal(violation?.checker, checker);
    assert.match(violation?.statement ?? "", statement);
  }
});

test("a simulation that makes no sense is refused", async () => {
  const wrong: readonly (readonly [Partial<Simulation>, RegExp])[] = [
    [{ nodes: 0 }, /1 to 26 nodes/],
    [{ nodes: ["a", "a"] }, /of different names/],
    [{ until: JSON.parse('"soon"') }, /until is a length/],
    [{ network: JSON.parse('"wet"') }, /network is calm, lan, zeromq, hostile, not wet/],
    [{ faults: [{ kind: "crash", atMs: 1, node: "z", downMs: 1 }] }, /there is no node z/],
    [
      { workload: { plan: () => [{ atMs: 1, node: "z", act: "x" }], perform: () => {} } },
      /step x at 1 ms is for z/,
    ],
  ];
  for (const [changes, expected] of wrong) {
    assert.throws(() => planOf(world(changes), 1), expected);
  }
  await assert.rejects(async () => simulate({ ...world(), seed: 0.5 }), /seed/);
});

test("a search over seeds fails with the shrunk story of the first that does", async () => {
  const noCrash: Check = () => ({
    name: "no crash",
    saw: (event) => {
      if (event.kind === "node-ended" && event.how === "crash") throw new Error("it crashed");
    },
  });
  const simulation = world({
    until: "20s",
    faults: swarm({ kinds: ["crash", "pause", "clock", "break"] }),
    checks: [noCrash],
  });
  const failure = await simulateSeeds(simulation, { seeds: 20 }).catch((error: unknown) => error);
  assert.ok(failure instanceof SimulationFailure);
  assert.match(failure.message, /no crash: Error: it crashed/);
  assert.match(failure.message, /faults \(1\):\n {2}\d+\.\d ms: crash node=[ab]/);
  assert.match(failure.message, /last of [ab]:/);
  const { plan } = failure.result;
  assert.deepEqual(
    plan.faults.map(({ kind }) => kind),
    ["crash"],
  );
  assert.equal(plan.nodes.length, 1);
  const again = await shrink(simulation, failure.result);
  assert.ok(again.runs < 20);
});

test("every simulation keeps the account of its messages, asked for or not", async (context) => {
  context.mock.getter(ActorSystem.prototype, "counts", () => ({
    ...{ sent: 7, processed: 6, queued: 0, dead: 0, inFlight: 0 },
  }));
  const { violation } = await simulate({ ...world(), seed: 1 });
  assert.equal(violation?.checker, "accounting");
  assert.match(violation?.statement ?? "", /7 sent, but 6 processed, 0 queued/);
});

test("a fault is counted by its kind, and a crash at an operation apart from others", async () => {
  const crash = { kind: "crash", atMs: 400, node: "a", downMs: 50 } as const;
  const simulation = world({
    faults: [crash],
    workload: {
      plan: () => [{ atMs: 300, node: "a", act: "echo" }],
      perform: async (_step, host) => {
        await echoAt(host, "b")
          .echo(1)
          .catch(() => {});
      },
    },
  });
  const { facts } = await simulateSeeds(simulation, { seeds: 2, sometimes: ["crash"] });
  assert.equal(facts.crash, 2);
  const { crashes, operations, runs } = await exhaustCrashes(simulation, { seed: 1 });
  assert.ok(operations > 0);
  assert.ok(crashes <= runs - 1, `${crashes} in ${runs} runs`);
  const quiet = world({ faults: [crash], workload: { plan: () => [], perform: () => {} } });
  assert.equal((await exhaustCrashes(quiet, { seed: 1 })).crashes, 0);
  const back = exhaustCrashes(simulation, { seed: 1, downMs: -1 });
  await assert.rejects(back, /downMs of crash-at is a number from 0, not -1/);
});

test("what comes after all has healed is refused, and no shorter plan has it", async () => {
  const late = { kind: "crash", atMs: 1_001, node: "a", downMs: 1 } as const;
  assert.throws(() => planOf(world({ faults: [late] }), 1), /when all has healed at 1000 ms/);
  const step = { atMs: 1_001, node: "a", act: "x" };
  const workload = { plan: () => [step], perform: () => {} };
  assert.throws(() => planOf(world({ workload }), 1), /step x at 1001 ms .* from 0 to 1000 ms/);
  const starts: Check = () => ({
    name: "starts",
    saw: (event) => {
      if (event.kind === "node-started") throw new Error("it starts");
    },
  });
  const early = { kind: "clock", atMs: 900, node: "a", skewMs: 1, driftPpm: 1 } as const;
  const failed = await simulate({ ...world({ faults: [early], checks: [starts] }), seed: 1 });
  const { result } = await shrink(world({ checks: [starts] }), failed);
  assert.ok(result.plan.untilMs < 900);
  assert.deepEqual(result.plan.faults, []);
});

test("a last look that fails otherwise in a smaller world does not fail in the same way", async () => {
  const faults = [{ kind: "crash", atMs: 400, node: "a", downMs: 50 }] as const;
  const simulation = world({
    verify: (hosts) => {
      const other = hosts.get("b");
      throw new Error(other ? `at ${other.now()} there are 3 of them` : "there is no other");
    },
  });
  const failed = await simulate({ ...simulation, faults, seed: 1 });
  const { result } = await shrink(simulation, failed);
  assert.deepEqual(result.plan.faults, []);
  assert.match(result.violation?.statement ?? "", /there are 3 of them/);
});

test("many runs in which something never happened are no proof", async () => {
  const summary = await simulateSeeds(world(), { seeds: 3, sometimes: ["node-started"] });
  assert.equal(summary.runs, 3);
  assert.equal(summary.facts["node-started"], 6);
  const never = simulateSeeds(world(), { seeds: [4], sometimes: ["crash of the moon"] });
  await assert.rejects(never, /1 runs prove nothing, .* never happened: crash of the moon/);
  for (const seeds of [0, []]) {
    await assert.rejects(simulateSeeds(world(), { seeds }), /1 to 1000000 seeds, not 0/);
  }
});

test("a rare choice is on in a quarter of all seeds, and never where it was not chosen", () => {
  let on = 0;
  for (let seed = 1; seed <= 1_000; seed++) {
    const swarmed = new BuggifySwarm(Chance.ofSeed(seed), "swarm");
    for (let count = 0; count < 40; count++) swarmed.ask("x");
    if (swarmed.hits.has("x")) on++;
  }
  assert.ok(on > 200 && on < 300, `${on} of 1,000`);
  const none = new BuggifySwarm(Chance.ofSeed(1), ["y"]);
  assert.ok(Array.from({ length: 100 }, () => none.ask("x", 1)).every((choice) => !choice));
  assert.ok(none.ask("y", 1));
});
