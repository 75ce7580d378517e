// Every contender that needs nothing but the project does every one of its works, in a process as in
// a real run, only much shorter.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { WorkName } from "../../../bench/core/contender.ts";
import { works as bareWorks } from "../../../bench/core/contenders/bare.ts";
import { works as ringWorks } from "../../../bench/core/contenders/bare-ring.ts";
import { works as troupeWorks } from "../../../bench/core/contenders/troupe.ts";
import { works as observedWorks } from "../../../bench/core/contenders/troupe-observed.ts";
import { Erlang } from "../../../bench/core/erlang-subject.ts";
import { runTrial, type Sizing } from "../../../bench/core/trial.ts";
import { runInProcess, trialSubject } from "../../../bench/core/trial-subject.ts";

globalThis.gc ??= Object.assign(() => undefined, globalThis.gc);

const rate: Sizing = { kind: "rate", ms: 5, grain: 100, countMax: 1_000 };
const sizings: Readonly<Partial<Record<WorkName, Sizing>>> = {
  spawn: { kind: "population", count: 200, warmUp: 20 },
  lateness: { kind: "duration", ms: 40 },
  fairness: { kind: "duration", ms: 40 },
  "quiet alone": { kind: "duration", ms: 40 },
  "simulated events": { kind: "duration", ms: 4 },
  "simulated time": { kind: "duration", ms: 4 },
};
const actorsOf = (work: WorkName): number => (work === "tell" || work === "ask" ? 1 : 10);
const named: readonly WorkName[] = [
  ...(["tell", "ask", "ping-pong", "spawn", "ring", "fan-in", "scattered", "restart"] as const),
  ...(["lateness", "fairness", "quiet alone"] as const),
  "observed tell",
];

for (const [name, works] of [
  ["troupe", troupeWorks],
  ["troupe-observed", observedWorks],
  ["bare", bareWorks],
  ["bare-ring", ringWorks],
] as const) {
  for (const work of named.filter((known) => known in works)) {
    if (name === "bare" && work === "fairness") continue;
    test(`${name} does all that was ordered: ${work}`, async () => {
      const setting = { actors: actorsOf(work) };
      const sizing = sizings[work] ?? rate;
      const round = await runTrial({ works }, { work, setting, sizing });
      assert.ok(round.n > 0 && round.elapsedMs > 0);
    });
  }
}

const entry = (module: string, work: WorkName) => ({
  peer: module,
  variant: "",
  module,
  order: { work, setting: { actors: 1 }, sizing: sizings[work] ?? rate },
});

test("a round in a process of its own measures memory too", async () => {
  const round = await trialSubject(entry("troupe", "spawn")).round();
  assert.equal(round.n, 200);
  assert.ok(Number.isFinite(round.bytes) && Number.isFinite(round.residentBytes));
});

test("the core without its hook still finds each place of it, and runs", async () => {
  const round = await trialSubject(entry("troupe-hookless", "tell")).round();
  assert.ok(round.n > 0);
});

// In a process of its own: a simulated world stands no other user of the clock beside it.
for (const work of ["simulated events", "simulated time"] as const) {
  test(`troupe-simulation does what it can in the time: ${work}`, async () => {
    const round = await trialSubject(entry("troupe-simulation", work)).round();
    assert.ok(round.n > 0 && round.elapsedMs > 0);
  });
}

test("a profile of a round is one that V8's tools can read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-profile-"));
  try {
    const file = join(folder, "troupe.cpuprofile");
    await runInProcess(entry("troupe", "tell"), file);
    const { nodes, samples } = JSON.parse(readFileSync(file, "utf8"));
    assert.ok(nodes.length > 0 && samples.length > 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a trial that fails says why", async () => {
  await assert.rejects(trialSubject(entry("bare-ring", "fairness")).round(), {
    message: /bare-ring, fairness: .*has no work "fairness"/s,
  });
});

test("Erlang does the same works, or says how to get it", async () => {
  const erlang = await Erlang.open().catch((error: unknown) => error);
  if (!(erlang instanceof Erlang)) {
    assert.match(String(erlang), /install erlang-base/);
    return;
  }
  try {
    for (const work of ["tell", "call", "ring", "restart"]) {
      const actors = work === "ring" ? 10 : 1;
      const subject = erlang.subject({
        ...{ peer: "Erlang", variant: "", work, actors, schedulers: 1 },
        sizing: rate,
      });
      const round = await subject.round();
      assert.ok(round.n >= 100 && round.elapsedMs > 0, work);
    }
  } finally {
    erlang.close();
  }
});
