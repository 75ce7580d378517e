// Tasks in many whole clusters, beyond those that every scenario is tried in; `TROUPE_TASK_WORLDS=500`
// tries so many. Together they have met what few of them do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runSeed } from "./scenario.ts";
import { tasks } from "./tasks/tasks-scenario.ts";

const firstSeed = 31;
const seeds = Number(process.env.TROUPE_TASK_WORLDS ?? 30);
/** With thousands of tasks, however few worlds are tried. */
const great = [125];
/** With so many worlds at least, what is rare must have happened too: if need be as many more are tried for it. */
const seedsForRare = 400;

const rare = [
  ...["torn commit", "doubted commit kept", "submit refused unknown_outcome"],
  ...["cancel not_found", "gone", "answer decided", "submit refused unavailable"],
  // The machine's clock was set back before the store began anew: its own clock has to go on.
  ...["reopened behind its time", "world with leaping clocks", "great world"],
];

test(`what is told of tasks stays true in ${seeds} clusters, whatever happens`, async (context) => {
  assert.ok(seeds > 0, "TROUPE_TASK_WORLDS is a number of worlds");
  const met = new Set<string>();
  let [virtualMs, told] = [0, 0];
  const startMs = performance.now();
  const visit = async (seed: number): Promise<void> => {
    const { facts, violation, ...run } = await runSeed(tasks, seed);
    assert.equal(violation, undefined, `seed ${seed}: ${violation?.statement}`);
    for (const fact of Object.keys(facts)) met.add(fact);
    virtualMs += run.virtualMs;
    told += facts["task submitted"] ?? 0;
  };
  const missing = () => (seeds < seedsForRare ? [] : rare.filter((fact) => !met.has(fact)));
  const endSeed = firstSeed + seeds;
  for (let seed = firstSeed; seed < endSeed; seed += 1) await visit(seed);
  for (const seed of great) if (seed < firstSeed || seed >= endSeed) await visit(seed);
  for (let seed = endSeed; missing().length > 0 && seed < endSeed + seeds; seed += 1) {
    await visit(seed);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const pace = `${Math.round(told / seconds)} tasks and ${Math.round(virtualMs / 1_000 / seconds)}`;
  context.diagnostic(`${told} tasks, ${pace} virtual seconds a second`);
  assert.deepEqual(missing(), [], "inconclusive: these never happened");
});
