// A short run of the chaos test on real processes. Longer ones: `npm run chaos`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chaosReport } from "./chaos-report.ts";
import { type ChaosOptions, runChaos } from "./chaos-run.ts";
import { isUpheld } from "./chaos-verdict.ts";

test("components are killed and frozen: every acknowledged task ends, once, by an attempt that was made", {
  timeout: 180_000,
}, async () => {
  const shown: string[] = [];
  const options: ChaosOptions = {
    ...{ workers: 2, tasks: 150, seconds: 8, store: "sqlite", profile: "default" },
    // Kills control node, worker and gateway, and freezes a worker.
    seed: 200,
    settleSeconds: 90,
    show: (line) => shown.push(line),
  };
  const outcome = await runChaos(options);
  const report = chaosReport(outcome, options);
  assert.ok(isUpheld(outcome.verdict), report);
  assert.equal(outcome.acknowledged, 150, report);
  assert.deepEqual(outcome.refused, [], report);
  const killed = outcome.done.filter(({ act }) => act === "kill").map(({ target }) => target);
  assert.deepEqual(killed, ["control", "worker-2", "gateway"], report);
  assert.match(shown.at(-1) ?? "", /150 of 150 acknowledged, 150 ended/);
});
