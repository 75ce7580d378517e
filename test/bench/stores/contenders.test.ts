// Every contender of the stores that is there does its works as in a real run, only much shorter, and
// each job comes back exactly once.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Sizing } from "../../../bench/core/trial.ts";
import { runInProcess } from "../../../bench/core/trial-subject.ts";
import { installedVersion } from "../../../bench/peers/installed-package.ts";
import { preparedVariable, prepareWaiting } from "../../../bench/stores/claim-works.ts";
import { contenders } from "../../../bench/stores/entrants.ts";
import { redisServer } from "../../../bench/stores/redis-server.ts";
import { workloads } from "../../../bench/stores/workloads.ts";

const rate: Sizing = { kind: "rate", ms: 5, grain: 16, countMax: 64 };
const moment: Sizing = { kind: "duration", ms: 40 };

const ran = (module: string, work: string, sizing: Sizing, waiting = 0) =>
  runInProcess({
    ...{ peer: module, variant: "", module, folder: contenders },
    order: { work, setting: { actors: waiting }, sizing },
  });

const needs = new Map(
  workloads.flatMap(({ ours, peers }) =>
    [ours, ...peers].map((entrant) => [entrant.module, entrant.needs] as const),
  ),
);
const isThere = (need: string): boolean =>
  need === "redis-server" ? "version" in redisServer() : installedVersion(need) !== undefined;

for (const [module, wanted] of needs) {
  const missing = wanted.filter((need) => !isThere(need));
  const skip = missing.length > 0 ? `${missing.join(", ")} is not there` : false;
  test(`${module} does each job once`, { skip }, async () => {
    const passed = await ran(module, "end to end 8", rate);
    assert.ok(passed.n >= 16 && (passed.latenciesMs?.length ?? 0) > 0);
  });
}

test("jobs wait where there is no worker, and come one by one at idle", async () => {
  const stored = await ran("troupe-sqlite", "submit 8", rate);
  assert.ok(stored.n >= 16 && stored.elapsedMs > 0);
  const idle = await ran("troupe-sqlite", "idle", moment);
  assert.ok(idle.n > 0 && idle.latenciesMs?.length === idle.n);
});

test("claims leave as many tasks waiting as they found", async () => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-waiting-"));
  process.env[preparedVariable] = folder;
  try {
    await prepareWaiting(folder, 200);
    const round = await ran("troupe-sqlite", "claims", moment, 200);
    assert.ok(round.n > 0 && round.latenciesMs?.length === round.n);
  } finally {
    delete process.env[preparedVariable];
    rmSync(folder, { recursive: true });
  }
});

test("each goal names somebody who takes part, in a quick run as well", () => {
  for (const { goals, peers, quickPeers, title } of workloads) {
    const names = new Set(peers.map(({ peer }) => peer));
    assert.equal(names.size, peers.length, title);
    for (const goal of goals) {
      assert.ok(goal.as === "value" || names.has(goal.against), `${title} ${JSON.stringify(goal)}`);
    }
    for (const { peer } of quickPeers) assert.ok(names.has(peer), `${title} ${peer}`);
  }
});
