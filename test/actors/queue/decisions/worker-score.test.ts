import assert from "node:assert/strict";
import { test } from "node:test";
import {
  paceAfter,
  scoreOf,
  unknownPace,
  usualRunMs,
  type WorkerPace,
} from "#actors/queue/decisions/worker-score.ts";

const ranAt = (...runs: readonly (number | null)[]): WorkerPace =>
  runs.reduce(paceAfter, unknownPace);

const best = (
  workers: Readonly<Record<string, { held?: number; slots?: number; pace?: WorkerPace }>>,
) => {
  const standings = Object.entries(workers).map(([name, terms]) => ({
    name,
    standing: { held: 0, slots: 2, pace: unknownPace, ...terms },
  }));
  const usualMs = usualRunMs(standings.map(({ standing }) => standing.pace));
  return standings
    .map(({ name, standing }) => ({ name, score: scoreOf(standing, usualMs) }))
    .sort((a, b) => a.score - b.score)[0]?.name;
};

test("the idle worker goes before the busy one, the fast before the slow", () => {
  assert.equal(best({ busy: { held: 1 }, idle: {} }), "idle");
  assert.equal(best({ slow: { pace: ranAt(900) }, fast: { pace: ranAt(300) } }), "fast");
  assert.equal(best({ fast: { held: 1, pace: ranAt(100) }, slow: { pace: ranAt(900) } }), "fast");
});

test("one that was not seen to run counts as the others, and more slots are better", () => {
  assert.equal(best({ slow: { held: 1, pace: ranAt(500) }, fresh: {} }), "fresh");
  assert.equal(best({ small: { slots: 1 }, large: { slots: 4 } }), "large");
});

test("one that fails goes last, until it has done well again", () => {
  const failing = ranAt(100, null, null, null);
  assert.equal(best({ failing: { pace: failing }, sound: { pace: ranAt(300) } }), "sound");
  const healed = Array.from({ length: 20 }, () => 100).reduce(paceAfter, failing);
  assert.equal(best({ healed: { pace: healed }, sound: { pace: ranAt(300) } }), "healed");
});
