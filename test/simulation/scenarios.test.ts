import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exhaustCrashes } from "#runtime/testkit/simulation/exhaustion.ts";
import { runSeed, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const seedsTried = 30;
/** What happens in one world of forty is not in each thirty: until all has been seen there are more. */
const seedsMax = 150;
const root = fileURLToPath(new URL("../..", import.meta.url));
const systemScenarios = scenarios.filter(({ name }) => name !== "links");

async function digests(scenario: Scenario, seeds: readonly number[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) found.push((await runSeed(scenario, seed)).digest);
  return found;
}

for (const scenario of systemScenarios) {
  test(`${scenario.name} keep every promise in ${seedsTried} worlds`, async () => {
    const missing = new Set(scenario.sometimes);
    const seen = new Set<string>();
    let seed = 0;
    while (seed < seedsTried || (missing.size > 0 && seed < seedsMax)) {
      seed += 1;
      const { violation, facts, digest } = await runSeed(scenario, seed);
      assert.equal(violation, undefined, `seed ${seed}: ${violation?.statement}`);
      for (const fact of Object.keys(facts)) missing.delete(fact);
      seen.add(digest);
    }
    assert.equal(seen.size, seed, "two seeds gave the same world");
    assert.deepEqual([...missing], []);
  });

  test(`equal seeds give equal runs of ${scenario.name}, each time`, async () => {
    const [first] = await digests(scenario, [7]);
    for (const digest of await digests(scenario, Array<number>(15).fill(7))) {
      assert.equal(digest, first);
    }
  });
}

test("another process sees the same runs", async () => {
  const code = `
    await import("#runtime/host/typescript-loader.mjs");
    const { scenarios } = await import("./test/simulation/scenarios.ts");
    const { runSeed } = await import("./test/simulation/scenario.ts");
    for (const scenario of scenarios.slice(1)) {
      for (const seed of [3, 1, 2]) console.log((await runSeed(scenario, seed)).digest);
    }
  `;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
    encoding: "utf8",
  });
  const here: string[] = [];
  for (const scenario of systemScenarios) here.push(...(await digests(scenario, [3, 1, 2])));
  assert.deepEqual(said.trim().split("\n"), here);
});

for (const { name, small } of systemScenarios) {
  if (!small) continue;
  test(`a crash at any single operation breaks no promise of ${name}`, async () => {
    const { operations, runs, crashes, failed } = await exhaustCrashes(small, { seed: 1 });
    assert.equal(failed?.violation, undefined);
    assert.ok(operations >= 10, `${operations} operations`);
    assert.equal(runs, 1 + 2 * operations);
    assert.equal(crashes, 2 * operations);
  });
}
