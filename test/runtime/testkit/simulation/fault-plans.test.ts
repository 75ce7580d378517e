import assert from "node:assert/strict";
import { test } from "node:test";
import { Chance, checkPlan, type Fault, swarm } from "#runtime/testkit/index.ts";
import { shortest } from "#runtime/testkit/simulation/delta-debugging.ts";
import { type Duration, durationMs } from "#runtime/testkit/simulation/duration.ts";
import { checkFaults } from "#runtime/testkit/simulation/fault-check.ts";
import { faultKinds, formatFault } from "#runtime/testkit/simulation/fault-plan.ts";

const nodes = ["a", "b", "c"];
const upon = (brings: unknown): unknown => ({
  kind: "upon",
  atMs: 0,
  fact: "said",
  nth: 1,
  brings,
});

test("a swarm draws every kind, and nothing that its check would refuse or that ends too late", () => {
  const kinds = new Set<string>();
  const all = faultKinds.filter((kind) => kind !== "crash-at" && kind !== "upon");
  for (let seed = 1; seed <= 100; seed++) {
    const ground = { chance: Chance.ofSeed(seed), nodes, untilMs: 20_000 };
    const faults = swarm({ kinds: all })(ground);
    assert.deepEqual(checkFaults([...faults], { nodes, untilMs: 20_000 }), faults);
    for (const fault of faults) {
      kinds.add(fault.kind);
      const lengthMs = "forMs" in fault ? fault.forMs : "downMs" in fault ? fault.downMs : 0;
      assert.ok(fault.atMs + lengthMs <= 20_000.1, formatFault(fault));
    }
  }
  assert.deepEqual([...kinds].sort(), [...all].sort());
});

test("equal seeds draw equal swarms, and one node is spared what needs two", () => {
  const drawn = (names: readonly string[]): readonly Fault[] =>
    swarm()({ chance: Chance.ofSeed(9), nodes: names, untilMs: 60_000 });
  assert.deepEqual(drawn(nodes), drawn(nodes));
  const alone = new Set(drawn(["a"]).map(({ kind }) => kind));
  for (const kind of ["cut", "partition", "break", "stall"] as const) assert.ok(!alone.has(kind));
});

test("a plan from outside is refused with the place and the reason", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ["x", /a plan of faults is a list/],
    [[1], /fault 1 of the plan: a fault is an object/],
    [[{ kind: "flood" }], /kind is one of crash, .*, not flood/],
    [
      [{ kind: "crash", atMs: -1, node: "a", downMs: 1 }],
      /atMs of crash is a number from 0, not -1/,
    ],
    [[{ kind: "crash", atMs: 1, node: "d", downMs: 1 }], /there is no node d, only a, b, c/],
    [[{ kind: "crash", atMs: 1, node: "a" }], /downMs of crash is a number from 0, not undefined/],
    [[{ kind: "break", atMs: 1, from: "a", to: "b", ways: "one", forMs: 1 }], /break has no forMs/],
    [[{ kind: "break", atMs: 1, from: "a", to: "b" }], /ways of break is one or both/],
    [
      [{ kind: "crash", atMs: 6, node: "a", downMs: 1 }],
      /crash comes at 6 ms, when all has healed/,
    ],
    [
      [{ kind: "crash-at", atMs: 0, operation: 0, side: "after", downMs: 1 }],
      /whole number from 1/,
    ],
    [
      [{ kind: "crash-at", atMs: 4, operation: 1, side: "after", downMs: 1 }],
      /atMs of crash-at is 0, as its operation has its own time, not 4/,
    ],
    [
      [upon({ kind: "crash-at", atMs: 0, operation: 1, side: "after", downMs: 1 })],
      /brings of upon is a fault of any other kind/,
    ],
    [[upon({ kind: "crash", atMs: 0, node: "d", downMs: 1 })], /there is no node d, only a, b, c/],
    [[upon({ kind: "crash", atMs: 0, node: "a" })], /brings of upon is a fault of any other kind/],
  ];
  const bounds = { nodes, untilMs: 5 };
  for (const [faults, expected] of wrong) {
    assert.throws(() => checkFaults(faults, bounds), expected);
  }
  assert.throws(() => swarm({ forMs: { min: 0, max: 1 } }), /a span goes from above 0/);
  assert.throws(() => swarm({ kinds: [] }), /kinds of a swarm are some of crash, .* not none/);
  for (const kind of ["flood", "crash-at", "upon"]) {
    assert.throws(() => swarm({ kinds: JSON.parse(`["${kind}"]`) }), new RegExp(`not ${kind}`));
  }
});

test("a kept plan is read back as it was, or refused by its field", () => {
  const plan = {
    ...{ seed: 7, nodes, network: "lan", untilMs: 10, settleMs: 5, buggify: "swarm" },
    faults: [{ kind: "crash", atMs: 1, node: "a", downMs: 2 }],
    steps: [{ atMs: 1, node: "b", act: "write", terms: { size: 3, to: "a" } }],
  };
  assert.deepEqual(checkPlan(JSON.parse(JSON.stringify(plan))), plan);
  assert.throws(() => checkPlan(null), /a plan is an object/);
  assert.throws(() => checkPlan({ ...plan, seed: 1.5 }), /seed of a plan is a whole number/);
  assert.equal(checkPlan({ ...plan, seed: -7 }).seed, -7);
  assert.throws(() => checkPlan({ ...plan, nodes: [] }), /1 to 26 nodes of different names/);
  assert.throws(
    () => checkPlan({ ...plan, steps: [{ atMs: 1, node: "z", act: "write" }] }),
    /step write at 1 ms is for z/,
  );
  assert.throws(
    () => checkPlan({ ...plan, steps: [{ atMs: 11, node: "a", act: "write" }] }),
    /step write at 11 ms .* from 0 to 10 ms/,
  );
  assert.throws(() => checkPlan({ ...plan, steps: [{}] }), /steps of a plan is a list of steps/);
  assert.throws(
    () => checkPlan({ ...plan, buggify: [1] }),
    /buggify of a plan is a list of labels/,
  );
});

test("delta debugging finds the few that break it, and asks little", async () => {
  const items = Array.from({ length: 64 }, (_, index) => index);
  for (const guilty of [[], [0], [63], [7, 40], [1, 2, 62]]) {
    let asked = 0;
    const left = await shortest(items, async (some) => {
      asked++;
      return guilty.every((item) => some.includes(item));
    });
    assert.deepEqual(left, guilty);
    assert.ok(asked < 200, `${asked} runs`);
  }
});

test("lengths of time are read with their units", () => {
  const lengths: readonly Duration[] = [5, "250ms", "2s", "1.5m"];
  assert.deepEqual(
    lengths.map((length) => durationMs("until", length)),
    [5, 250, 2_000, 90_000],
  );
  assert.throws(() => durationMs("until", JSON.parse('"2 h"')), /until is a length like 250ms/);
});
