// Every contest of the suite as in a real run, on real clusters, only much shorter.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runSizes } from "../../../bench/inference/main.ts";

const sizes = {
  ...{ rounds: 3, images: 4, width: 1_280, submissions: 2, pictures: 8, requests: 100 },
  networks: { units: 64, turns: 1, layers: 1 },
};

test("the whole suite measures all that it has goals for", { timeout: 240_000 }, async () => {
  const { contests } = await runSizes(sizes, "");
  const ratios = contests.flatMap((contest) => contest.ratios);
  const rows = contests.flatMap((contest) => contest.rows);
  assert.equal(contests.length, 7);
  for (const { workload, ratio, min, max } of ratios) {
    assert.ok(Number.isFinite(ratio) && min <= ratio && ratio <= max, workload);
  }
  const against = ratios.map(({ workload, against: peer }) => `${workload} / ${peer}`);
  assert.ok(against.includes("W9 images at saturation / bare loop"));
  assert.ok(against.includes("W9 pictures together, many weights / troupe, one by one"));
  assert.ok(against.includes("W9 memory a request, over 100: its engine / "));
  assert.ok(rows.every(({ perSecond }) => perSecond > 0));
});

test("a word that no title contains is refused, and the titles are named", async () => {
  await assert.rejects(runSizes(sizes, "video"), {
    code: "invalid",
    message: /no workload's title contains video: W9 images at saturation; /,
  });
});
