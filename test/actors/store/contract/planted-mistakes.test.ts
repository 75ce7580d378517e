import assert from "node:assert/strict";
import { test } from "node:test";
import { type HistoryPlan, holdsInHistories } from "./histories.ts";
import { plantedFixture } from "./planted-fixture.ts";
import { mistakes } from "./planted-shelf.ts";

const plan: HistoryPlan = {
  histories: 300,
  commandsCount: 100,
  seed: 7,
  path: "",
  whenFailing: "stop",
};

for (const [name, mistake] of Object.entries(mistakes)) {
  test(`random histories notice that ${name}`, async () => {
    await assert.rejects(holdsInHistories(plantedFixture(name, mistake), plan));
  });
}

/** What each task, event and answer shows by itself, without another store to compare with. */
const shown = [
  "a fence is not compared",
  "a counter is not counted down",
  "an event is missing in one channel",
  "an event is told twice",
  "a reader misses an event",
  "a key is not kept",
  "a key is forgotten too early",
  "a lease is given twice",
  "the wrong one gives way",
  "a cancellation is answered and not kept",
  "fences are given again",
  "retries are not counted",
  "deadlines are not watched",
  "ended tasks are forgotten early",
  "a lease outlives its task",
  "an attempt stays open when its lease is lost",
];
for (const name of shown) {
  test(`the invariants alone notice that ${name}`, async () => {
    const mistake = mistakes[name];
    assert.ok(mistake);
    const found = holdsInHistories(plantedFixture(name, mistake), plan, "invariants");
    await assert.rejects(found);
  });
}

test("random histories find nothing in a store without mistakes", async () => {
  await holdsInHistories(
    plantedFixture("nothing is wrong", () => ({})),
    plan,
  );
});
