// The real machines in thousands of random worlds. A failing seed is repeated by its number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runMigrations } from "./migration-run.ts";

interface Sum {
  moved: number;
  recovered: number;
  processed: number;
  reported: number;
}

function runAll(seeds: { readonly count: number; readonly deaths: number }): Sum {
  const sum: Sum = { moved: 0, recovered: 0, processed: 0, reported: 0 };
  for (let seed = 1; seed <= seeds.count; seed++) {
    const { violation, world } = runMigrations({ seed, deaths: seeds.deaths });
    assert.equal(violation, undefined, `seed ${seed} with ${seeds.deaths} deaths: ${violation}`);
    sum.moved += world.counts.moved;
    sum.recovered += world.counts.recovered;
    sum.processed += world.ledger.processed;
    sum.reported += world.ledger.reportedCount + world.ledger.excusedCount;
  }
  return sum;
}

test("while nobody dies, every message of a moving actor to a moving actor is handled once, in order", () => {
  const sum = runAll({ count: 2_000, deaths: 0 });
  assert.equal(sum.reported, 0);
  assert.ok(sum.moved > 10_000 && sum.processed > 100_000, JSON.stringify(sum));
});

test("where a node ends, order holds, nobody runs twice, and every loss is accounted for", () => {
  const sum = runAll({ count: 1_500, deaths: 1 });
  assert.ok(sum.moved > 5_000 && sum.recovered > 300, JSON.stringify(sum));
});

test("where several nodes end, the same holds", () => {
  const twice = runAll({ count: 800, deaths: 2 });
  const thrice = runAll({ count: 700, deaths: 3 });
  assert.ok(twice.recovered > 100 && thrice.recovered > 100, JSON.stringify({ twice, thrice }));
});
