// Short runs of the chaos test on real processes. Longer ones: `npm run chaos`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chaosReport, isPassed, rerunMsMax } from "./chaos-report.ts";
import { type ChaosOptions, runChaos } from "./chaos-run.ts";

const terms = {
  ...{ workers: 2, tasks: 150, seconds: 8, workMsMax: 300, settleSeconds: 90 },
  // Kills control node, worker and gateway, and freezes a worker.
  seed: 200,
  ...({ store: "sqlite", profile: "default", hit: "everything" } as const),
};

test("components are killed and frozen: every acknowledged task ends, once, by an attempt that was made", {
  timeout: 180_000,
}, async () => {
  const shown: string[] = [];
  const options: ChaosOptions = { ...terms, show: (line) => shown.push(line) };
  const outcome = await runChaos(options);
  const report = chaosReport(outcome, options);
  assert.ok(isPassed(outcome, options), report);
  const killed = outcome.done.filter(({ act }) => act === "kill").map(({ target }) => target);
  assert.deepEqual(killed, ["control", "worker-2", "gateway"], report);
  assert.match(shown.at(-1) ?? "", /150 of 150 acknowledged, 150 ended/);
});

test("with the fast profile, what a killed or frozen worker had in hand runs again within 3 s by the clock", {
  timeout: 180_000,
}, async () => {
  const options: ChaosOptions = {
    // Kills all four and freezes two, at most two at a time: the others always have room.
    ...{ ...terms, workers: 4, tasks: 60, seconds: 16, workMsMax: 1_500, seed: 4 },
    ...{ profile: "fast", hit: "workers", show: () => {} },
  };
  const outcome = await runChaos(options);
  const report = chaosReport(outcome, options);
  assert.ok(isPassed(outcome, options), report);
  assert.ok(outcome.reruns.length >= 2, report);
  for (const { rerun } of outcome.reruns) assert.ok(rerun.clockMs < rerunMsMax.fast, report);
});
