// Each rule is needed: with any one of them broken, the random worlds see order or actors lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenInDeath, brokenInPeace } from "./migration-broken-rules.ts";
import { runMigrations } from "./migration-run.ts";
import type { BrokenRules } from "./world-terms.ts";

const seedsMax = 200;

/** The first seed that notices, or undefined. */
function noticedBy(broken: () => BrokenRules, deaths: number): number | undefined {
  for (let seed = 1; seed <= seedsMax; seed++) {
    if (runMigrations({ seed, deaths, broken: broken() }).violation) return seed;
  }
  return undefined;
}

for (const [name, broken] of Object.entries(brokenInPeace)) {
  test(`within ${seedsMax} peaceful worlds it is noticed: ${name}`, () => {
    assert.notEqual(noticedBy(broken, 0), undefined);
  });
}

for (const [name, broken] of Object.entries(brokenInDeath)) {
  test(`within ${seedsMax} worlds with deaths it is noticed: ${name}`, () => {
    assert.notEqual(noticedBy(broken, 1) ?? noticedBy(broken, 2), undefined);
  });
}
