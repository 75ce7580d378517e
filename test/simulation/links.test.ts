import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Batcher } from "#runtime/links/batcher.ts";
import { Liveness } from "#runtime/links/liveness.ts";
import { Outbound } from "#runtime/links/outbound.ts";
import { PeerLives } from "#runtime/links/peer-lives.ts";
import { ReceiveWindow, type WindowVerdict } from "#runtime/links/receive-window.ts";
import { ResendBuffer } from "#runtime/links/resend-buffer.ts";
import { shrinkRun } from "#runtime/testkit/simulation/shrink.ts";
import { linksScenario } from "./links-scenario.ts";
import { runSeed } from "./scenario.ts";

const seedsTried = 30;
const seedsToCatch = 200;
const shrinkRunsMax = 50;

test(`links keep every promise in ${seedsTried} worlds, and equal seeds give equal worlds`, async () => {
  const digests = new Set<string>();
  for (let seed = 1; seed <= seedsTried; seed++) {
    const { violation, digest } = await runSeed(linksScenario, seed);
    assert.equal(violation, undefined, `seed ${seed}: ${violation?.statement}`);
    assert.equal((await runSeed(linksScenario, seed)).digest, digest, `seed ${seed}`);
    digests.add(digest);
  }
  assert.equal(digests.size, seedsTried);
});

test("another process sees the same worlds", async () => {
  const code = `
    await import("#runtime/host/typescript-loader.mjs");
    const { linksScenario } = await import("./test/simulation/links-scenario.ts");
    const { runSeed } = await import("./test/simulation/scenario.ts");
    for (const seed of [3, 1, 2]) console.log((await runSeed(linksScenario, seed)).digest);
  `;
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
    encoding: "utf8",
  });
  assert.deepEqual(
    said.trim().split("\n"),
    await Promise.all([3, 1, 2].map(async (seed) => (await runSeed(linksScenario, seed)).digest)),
  );
});

interface PlantedBug {
  readonly name: string;
  readonly plant: (context: TestContext) => void;
  readonly seenAs: RegExp;
  /** What is left after shrinking, at most. */
  readonly left: { readonly faults: number; readonly steps: number };
}

/** Makes the window call `next` what it would call this. */
function delivering(context: TestContext, kind: WindowVerdict["kind"]): void {
  const { judge } = ReceiveWindow.prototype;
  context.mock.method(
    ReceiveWindow.prototype,
    "judge",
    function (this: ReceiveWindow, first: number, messages: number, nowMs: number): WindowVerdict {
      const verdict = judge.call(this, first, messages, nowMs);
      return verdict.kind === kind ? { kind: "next", skip: 0 } : verdict;
    },
  );
}

const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a receiver that does not drop what comes again",
    plant: (context) => delivering(context, "repeat"),
    seenAs: /came twice|after message/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "a receiver that accepts gaps",
    plant: (context) => delivering(context, "gap"),
    seenAs: /before message \d+, which went before it/,
    left: { faults: 3, steps: 200 },
  },
  {
    name: "a sender that forgets on reconnecting what was not acknowledged",
    plant: (context) => {
      context.mock.method(ResendBuffer.prototype, "rewind", function (this: ResendBuffer) {
        this.acknowledge(this.nextSequence - 1);
      });
    },
    seenAs: /cannot reach|before message|neither delivered nor reported lost/,
    left: { faults: 3, steps: 200 },
  },
  {
    name: "a sender that does not say what was lost with a peer",
    plant: (context) => {
      const { abandon } = Outbound.prototype;
      context.mock.method(
        Outbound.prototype,
        "abandon",
        function (this: Outbound, incarnation: number) {
          abandon.call(this, incarnation);
          return [];
        },
      );
    },
    seenAs: /neither delivered nor reported lost|before message/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "a sender that gives a successor what was meant for its predecessor",
    plant: (context) => {
      for (const name of ["peek", "take"] as const) {
        const original = Batcher.prototype[name];
        context.mock.method(Batcher.prototype, name, function (this: Batcher, to: number) {
          return original.call(this, to) ?? original.call(this, to - 1);
        });
      }
    },
    seenAs: /was meant for \d+ and came to/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "a node that forgets that a peer is gone",
    plant: (context) => {
      context.mock.method(PeerLives.prototype, "bury", () => {});
    },
    seenAs: /is down a second time/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "a node that never doubts a peer that is silent",
    plant: (context) => {
      const { verdict } = Liveness.prototype;
      context.mock.method(
        Liveness.prototype,
        "verdict",
        function (this: Liveness, nowMs: number, brokenMs: number | undefined) {
          const said = verdict.call(this, nowMs, brokenMs);
          return said?.startsWith("it was silent") ? undefined : said;
        },
      );
    },
    seenAs: /still believes in/,
    left: { faults: 3, steps: 8 },
  },
];

for (const { name, plant, seenAs, left } of plantedBugs) {
  test(`${name} is caught within ${seedsToCatch} seeds, and shrunk`, async (context) => {
    plant(context);
    for (let seed = 1; seed <= seedsToCatch; seed++) {
      const failed = await runSeed(linksScenario, seed);
      if (failed.violation === undefined) continue;
      assert.match(failed.violation.statement, seenAs);
      const { result, runs } = await shrinkRun(linksScenario.runPlan, failed, {
        runsMax: shrinkRunsMax,
      });
      const [faults, steps] = [result.plan.faults.length, result.plan.steps.length];
      context.diagnostic(
        `seed ${seed}: ${result.violation?.statement.split("\n")[0]}; ${faults} faults and ${steps} ` +
          `steps of ${failed.plan.faults.length} and ${failed.plan.steps.length}, in ${runs} runs`,
      );
      assert.equal(result.violation?.checker, "links");
      assert.ok(faults <= left.faults, `${faults} faults are left`);
      assert.ok(steps <= left.steps, `${steps} steps are left`);
      return;
    }
    assert.fail(`${seedsToCatch} seeds did not show it`);
  });
}

test("clock and chance of the machine are out of reach in a run, and back afterwards", async (context) => {
  const { judge } = ReceiveWindow.prototype;
  context.mock.method(
    ReceiveWindow.prototype,
    "judge",
    function (this: ReceiveWindow, first: number, messages: number) {
      return judge.call(this, first, messages, Date.now());
    },
  );
  const { violation } = await runSeed(linksScenario, 1);
  assert.match(violation?.statement ?? "", /Date\.now/);
  assert.ok(Date.now() > 0);
});
