import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Instance } from "#runtime/core/instance.ts";
import { PeerLives } from "#runtime/links/peer-lives.ts";
import type { RunPlan } from "#runtime/testkit/simulation/run-plan.ts";
import { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import type { SimulationResult } from "#runtime/testkit/simulation/simulate.ts";
import { linksScenario } from "./links-scenario.ts";
import { scenarios } from "./scenarios.ts";
import { progressLine } from "./seed-progress.ts";
import { runSimulate } from "./simulate-command.ts";
import { requestOf, usage } from "./simulate-request.ts";

/** What the command prints, and its status. */
async function simulated(context: TestContext, ...args: readonly string[]) {
  const lines: string[] = [];
  for (const channel of ["log", "error"] as const) {
    context.mock.method(console, channel, (text: string) => lines.push(text));
  }
  const status = await runSimulate(args);
  context.mock.restoreAll();
  return { status, said: lines.join("\n") };
}

const seedsDefault = {
  kind: "seeds",
  scenarios,
  firstSeed: 1,
  seeds: 100,
  repeat: undefined,
  keep: undefined,
  ...{ jobs: 1, failuresMax: 1, isLong: false },
};

test("a hundred seeds are the default, one when a seed is named", () => {
  assert.deepEqual(requestOf([]), seedsDefault);
  assert.deepEqual(requestOf(["--seed", "7"]), { ...seedsDefault, firstSeed: 7, seeds: 1 });
  const some = ["--seed", "0", "--seeds", "3", "--scenario", "links", "--repeat", "2"];
  assert.deepEqual(requestOf(some), {
    ...seedsDefault,
    ...{ scenarios: [linksScenario], firstSeed: 0, seeds: 3, repeat: 2 },
  });
});

test("a wrong call is told what was wrong and what is possible, and runs nothing", async (context) => {
  const calls: readonly (readonly [string[], RegExp])[] = [
    [["--seeds", "0"], /--seeds is an integer from 1 to \d+, not 0/],
    [["--seeds", "1e3"], /--seeds is an integer from 1 to \d+, not 1e3/],
    [["--seed", "x"], /--seed is an integer from 0 to \d+, not x/],
    [["--seed", "-1"], /--seed/],
    [["--seed", "9007199254740991", "--seeds", "2"], /Seeds go up to 9007199254740991/],
    [["--seed", "9007199254740992"], /--seed is an integer/],
    [["--scenario", "rings"], /There is no scenario rings/],
    [["--sed", "1"], /--sed/],
    [["12"], /12/],
    [["--seed", "1", "--faults", "[]"], /--faults needs --scenario and --seed/],
    [["--scenario", "actors", "--seed", "1", "--faults", "["], /JSON/],
    [["--replay", "x", "--seed", "1"], /--replay does not go together with --seed/],
    [["--exhaust", "--seeds", "1"], /--exhaust does not go together with --seeds/],
  ];
  for (const [args, expected] of calls) {
    const { status, said } = await simulated(context, ...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(said, expected);
    assert.ok(said.endsWith(usage));
  }
});

test("help is no failure", async (context) => {
  assert.deepEqual(await simulated(context, "--help"), { status: 0, said: usage });
});

test("a good run says in one line what it came to, the same each time", async (context) => {
  const call = () => simulated(context, "--seed", "5", "--seeds", "2", "--scenario", "links");
  const runs = [await call(), await call()];
  const [traces] = runs.map(({ said }) => /traces ([0-9a-f]{64})/.exec(said)?.[1]);
  assert.ok(traces);
  for (const { status, said } of runs) {
    assert.equal(status, 0);
    assert.match(said, /^links: 2 seeds, 36 virtual s, \d+ events, \d+ events\/s, traces /);
    assert.ok(said.includes(traces) && !said.includes("\n"));
  }
});

test("several processes come to the same as one, and a long run tells what happened", async (context) => {
  const call = (...more: readonly string[]) =>
    simulated(context, "--scenario", "tasks", "--seeds", "5", "--repeat", "1", ...more);
  const [one, two] = [await call(), await call("--jobs", "2", "--long")];
  const [traces, same] = [one, two].map(({ said }) => /traces ([0-9a-f]{64})/.exec(said)?.[1]);
  assert.ok(traces !== undefined && traces === same, `${one.said}\n${two.said}`);
  assert.deepEqual([one.status, two.status], [0, 0]);
  assert.match(two.said, /\n {2}worlds: small world 5, middle world 0, great world 0/);
  assert.match(two.said, /\n {2}commands: CANCEL_TASK completed \d+/);
});

test("a long run goes past failures up to its bound, and tells how to go on behind it", async (context) => {
  const planted = { checker: "planted", statement: "it broke", events: [] };
  const { runPlan } = linksScenario;
  context.mock.method(linksScenario, "runPlan", async (plan: RunPlan) => {
    const result = await runPlan(plan);
    return plan.seed % 2 === 0 ? { ...result, violation: planted } : result;
  });
  const args = ["--scenario", "links", "--long", "--jobs", "1", "--seeds", "9", "--failures", "2"];
  const { status, said } = await simulated(context, ...args, "--repeat", "1");
  assert.equal(status, 1);
  assert.deepEqual(said.match(/^links, seed \d+: planted: it broke$/gm), [
    "links, seed 2: planted: it broke",
    "links, seed 4: planted: it broke",
  ]);
  assert.match(said, /\nGo on: npm run simulate -- --scenario links --long --seed 5 --seeds 5$/);
});

test("a progress line has a bar, the rate and what is left", () => {
  const half = { name: "tasks", done: 5_000, seeds: 20_000, elapsedMs: 500_000 };
  const bar = `[${"#".repeat(6)}${".".repeat(18)}]`;
  assert.equal(progressLine(half), `tasks: ${bar} 5000 of 20000 seeds, 10.0/s, 25 min left`);
});

test("a seed of links that fails is shrunk, told, and repeated by one line", async (context) => {
  // Who is gone is never buried, so a late message brings it up again.
  const plant = (): void => {
    context.mock.method(PeerLives.prototype, "bury", () => {});
  };
  plant();
  const { status, said } = await simulated(context, "--seeds", "200", "--scenario", "links");
  assert.equal(status, 1);
  assert.match(said, /^links, seed \d+: links: /);
  assert.match(said, /last turns of the story:\n +\d/);
  assert.match(said, /last of [abc]:\n +\d/);
  const [, was = 0, left = 0] = /from (\d+) faults and \d+ steps to (\d+) and/.exec(said) ?? [];
  assert.ok(Number(left) < Number(was) && Number(left) <= 2, `${was} to ${left}`);
  const [, seed = "", faults = ""] =
    /^Replay: npm run simulate -- --scenario links --seed (\d+) --faults '(.*)'$/m.exec(said) ?? [];
  const replay = ["--scenario", "links", "--seed", seed, "--faults", faults];
  plant();
  const broken = await simulated(context, ...replay);
  assert.equal(broken.status, 1);
  assert.match(broken.said, /^seed \d+: links: /);
  const mended = await simulated(context, ...replay);
  assert.equal(mended.status, 0, mended.said);
});

test("a seed whose second run differs fails", async (context) => {
  let notes = 0;
  const { note } = RunTrace.prototype;
  context.mock.method(RunTrace.prototype, "note", function (this: RunTrace, nowMs: number) {
    note.call(this, nowMs, String(notes++));
  });
  const { status, said } = await simulated(context, "--seed", "1");
  assert.equal(status, 1);
  assert.match(said, /two runs differ/);
});

test("many runs in which something never happened prove nothing", async (context) => {
  const resultOf = (plan: RunPlan, crash: number): SimulationResult => ({
    ...{
      plan,
      violation: undefined,
      virtualMs: 1,
      events: 1,
      operations: 0,
      digest: "",
      whims: [],
    },
    facts: { ...Object.fromEntries(linksScenario.sometimes.map((fact) => [fact, 1])), crash },
    trace: new RunTrace(),
  });
  context.mock.method(linksScenario, "runPlan", async (plan: RunPlan) => resultOf(plan, 0));
  const { status, said } = await simulated(context, "--seeds", "50", "--scenario", "links");
  assert.equal(status, 1);
  assert.match(said, /inconclusive, as these never happened: crash$/);
  context.mock.method(linksScenario, "runPlan", async (plan: RunPlan) =>
    resultOf(plan, plan.seed === 50 ? 1 : 0),
  );
  const again = await simulated(context, "--seeds", "50", "--scenario", "links");
  assert.equal(again.status, 0);
});

test("what fails is shrunk, and repeated by its faults and by its kept plan", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "simulate-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "plan.json");
  // An instance that never says goodbye.
  const plant = (): void => {
    context.mock.method(Instance.prototype, "stopped", () => undefined);
  };
  plant();
  const call = ["--scenario", "supervision", "--seeds", "20", "--keep", file];
  const failed = await simulated(context, ...call);
  assert.equal(failed.status, 1);
  assert.match(failed.said, /one instance: .* begins twice at a time/);
  assert.match(failed.said, /shrunk in \d+ runs from \d+ faults and \d+ steps to 0 and [01]/);
  assert.match(failed.said, /last of [ab]:/);
  const [, seed = "", faults = ""] = /--seed (\d+) --faults '(.*)'/.exec(failed.said) ?? [];
  for (const replay of [
    ["--scenario", "supervision", "--seed", seed, "--faults", faults],
    ["--replay", file],
  ]) {
    plant();
    const broken = await simulated(context, ...replay);
    assert.equal(broken.status, 1);
    assert.match(broken.said, /begins twice at a time/);
    const mended = await simulated(context, ...replay);
    assert.equal(mended.status, 0, mended.said);
    assert.match(mended.said, /all promises kept/);
  }
});

test("a file that is no kept plan is refused with the reason", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "simulate-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "plan.json");
  const contents: readonly (readonly [string, RegExp])[] = [
    ["{", /cannot be read/],
    ["{}", /no kept plan/],
    ['{"scenario":"rings","plan":{}}', /of no scenario: rings/],
    ['{"scenario":"links","plan":{}}', /nodes of a plan is a list of names/],
    [
      '{"scenario":"links","plan":{"nodes":["a"],"network":"lan","seed":1,"untilMs":5,"settleMs":5,"steps":[],"buggify":[],"faults":[{"kind":"crash","atMs":6,"node":"a","downMs":1}]}}',
      /crash comes at 6 ms, when all has healed at 5 ms/,
    ],
    ['{"scenario":"actors","plan":{"nodes":["a"],"network":"wet"}}', /network of a plan is calm/],
  ];
  for (const [content, expected] of contents) {
    writeFileSync(file, content);
    const { status, said } = await simulated(context, "--replay", file);
    assert.equal(status, 2, content);
    assert.match(said, expected);
  }
});
