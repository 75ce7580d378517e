// Actors that move in many whole clusters, beyond those that every scenario is tried in; among them some
// where no node ends, in which nothing may be lost at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "#runtime/testkit/simulation/simulate.ts";
import { moving } from "./moving-scenario.ts";

const seeds = { first: 31, last: 90 };

test("moves lose nothing but what a node that ends takes along, and keep each sender's order", async () => {
  let movedInPeace = 0;
  let recovered = 0;
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const { facts, violation } = await simulate({ ...moving, seed });
    assert.equal(violation, undefined, `seed ${seed}: ${violation?.statement}`);
    if (facts["node-ended"] === undefined) movedInPeace += facts.moved ?? 0;
    recovered += facts["target claimWon"] ?? 0;
  }
  assert.ok(movedInPeace > 0, "some moved while no node ended");
  assert.ok(recovered > 0, "some were recovered from their copies");
});
