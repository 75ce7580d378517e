import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exhaustCrashes } from "#runtime/testkit/simulation/exhaustion.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const seedsTried = 30;
const root = fileURLToPath(new URL("../..", import.meta.url));
const plannedScenarios = scenarios.filter(({ simulation }) => simulation !== undefined);

async function digests({ run }: Scenario, seeds: readonly number[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) found.push((await run(seed)).digest);
  return found;
}

for (const scenario of plannedScenarios) {
  test(`${scenario.name} keep every promise in ${seedsTried} worlds`, async () => {
    const facts = new Set<string>();
    const seen = new Set<string>();
    for (let seed = 1; seed <= seedsTried; seed++) {
      const report = await scenario.run(seed);
      assert.equal(report.failure, undefined, `seed ${seed}: ${report.failure?.statement}`);
      for (const fact of Object.keys(report.facts)) facts.add(fact);
      seen.add(report.digest);
    }
    assert.equal(seen.size, seedsTried, "two seeds gave the same world");
    assert.deepEqual(
      scenario.sometimes.filter((fact) => !facts.has(fact)),
      [],
    );
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
    const { register } = await import("tsx/esm/api");
    register();
    const { scenarios } = await import("./test/simulation/scenarios.ts");
    for (const { run } of scenarios.slice(1)) {
      for (const seed of [3, 1, 2]) console.log((await run(seed)).digest);
    }
  `;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
    encoding: "utf8",
  });
  const here: string[] = [];
  for (const scenario of plannedScenarios) here.push(...(await digests(scenario, [3, 1, 2])));
  assert.deepEqual(said.trim().split("\n"), here);
});

for (const { name, small } of plannedScenarios) {
  if (!small) continue;
  test(`a crash at any single operation breaks no promise of ${name}`, async () => {
    const { operations, runs, crashes, failed } = await exhaustCrashes(small, { seed: 1 });
    assert.equal(failed?.violation, undefined);
    assert.ok(operations >= 10, `${operations} operations`);
    assert.equal(runs, 1 + 2 * operations);
    assert.equal(crashes, 2 * operations);
  });
}
