import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ReceiveWindow } from "#runtime/links/receive-window.ts";
import { linksScenario } from "./links-scenario.ts";
import { RunTrace } from "./run-trace.ts";
import type { RunReport } from "./scenario.ts";
import { planOf, runSimulate, usage } from "./simulate-command.ts";

/** What the command prints, and its status. */
function simulated(context: TestContext, ...args: readonly string[]) {
  const lines: string[] = [];
  for (const channel of ["log", "error"] as const) {
    context.mock.method(console, channel, (text: string) => lines.push(text));
  }
  const status = runSimulate(args);
  context.mock.restoreAll();
  return { status, said: lines.join("\n") };
}

test("a hundred seeds are the default, one when a seed is named", () => {
  const scenarios = [linksScenario];
  assert.deepEqual(planOf([]), { scenarios, firstSeed: 1, seeds: 100 });
  assert.deepEqual(planOf(["--seed", "7"]), { scenarios, firstSeed: 7, seeds: 1 });
  assert.deepEqual(planOf(["--seed", "0", "--seeds", "3", "--scenario", "links"]), {
    scenarios,
    firstSeed: 0,
    seeds: 3,
  });
});

test("a wrong call is told what was wrong and what is possible, and runs nothing", (context) => {
  const calls: readonly (readonly [string[], RegExp])[] = [
    [["--seeds", "0"], /--seeds is an integer from 1 on, not 0/],
    [["--seeds", "1e3"], /--seeds is an integer from 1 on, not 1e3/],
    [["--seed", "x"], /--seed is an integer from 0 on, not x/],
    [["--seed", "-1"], /--seed/],
    [["--seed", "9007199254740991", "--seeds", "2"], /Seeds go up to 9007199254740991/],
    [["--seed", "9007199254740992"], /--seed is an integer/],
    [["--scenario", "rings"], /There is no scenario rings/],
    [["--sed", "1"], /--sed/],
    [["12"], /12/],
  ];
  for (const [args, expected] of calls) {
    const { status, said } = simulated(context, ...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(said, expected);
    assert.ok(said.endsWith(usage));
  }
});

test("help is no failure", (context) => {
  assert.deepEqual(simulated(context, "--help"), { status: 0, said: usage });
});

test("a good run says in one line what it came to, the same each time", (context) => {
  const runs = [1, 2].map(() => simulated(context, "--seed", "5", "--seeds", "2"));
  const [traces] = runs.map(({ said }) => /traces ([0-9a-f]{64})/.exec(said)?.[1]);
  assert.ok(traces);
  for (const { status, said } of runs) {
    assert.equal(status, 0);
    assert.match(said, /^links: 2 seeds, 36 virtual s, \d+ events, \d+ events\/s, traces /);
    assert.ok(said.includes(traces) && !said.includes("\n"));
  }
});

test("the first seed that fails ends the run, tells its story and how to replay it", (context) => {
  const { judge } = ReceiveWindow.prototype;
  context.mock.method(
    ReceiveWindow.prototype,
    "judge",
    function (this: ReceiveWindow, first: number, messages: number, nowMs: number) {
      const verdict = judge.call(this, first, messages, nowMs);
      return verdict.kind === "gap" ? { kind: "next", skip: 0 } : verdict;
    },
  );
  const { status, said } = simulated(context, "--seeds", "200");
  assert.equal(status, 1);
  const seed = /^links, seed (\d+): BrokenPromise: message/.exec(said)?.[1];
  assert.ok(seed);
  assert.match(said, /Last of everything:\n +\d/);
  assert.ok(said.endsWith(`Replay: npm run simulate -- --scenario links --seed ${seed}`));
});

test("a seed whose second run differs fails", (context) => {
  let notes = 0;
  const { note } = RunTrace.prototype;
  context.mock.method(RunTrace.prototype, "note", function (this: RunTrace, nowMs: number) {
    note.call(this, nowMs, String(notes++));
  });
  const { status, said } = simulated(context, "--seed", "1");
  assert.equal(status, 1);
  assert.match(said, /two runs differ/);
});

test("many runs in which something never happened prove nothing", (context) => {
  const report = (seed: number, crash: number): RunReport => ({
    seed,
    virtualMs: 1,
    events: 1,
    digest: "",
    facts: { break: 1, crash },
    failure: undefined,
  });
  context.mock.method(linksScenario, "run", (seed: number) => report(seed, 0));
  const { status, said } = simulated(context, "--seeds", "50");
  assert.equal(status, 1);
  assert.match(said, /inconclusive, as these never happened: crash$/);
  context.mock.method(linksScenario, "run", (seed: number) => report(seed, seed === 50 ? 1 : 0));
  assert.equal(simulated(context, "--seeds", "50").status, 0);
});
