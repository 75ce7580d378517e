import assert from "node:assert/strict";
import { test } from "node:test";
import { type HistoryPlan, holdsInHistories } from "./histories.ts";
import { memoryFixture } from "./memory-fixture.ts";
import { plantedFixture } from "./planted-fixture.ts";
import { mistakes } from "./planted-shelf.ts";

const plan: HistoryPlan = {
  histories: 60,
  commandsCount: 80,
  seed: 7,
  path: "",
  whenFailing: "stop",
};

for (const [name, mistake] of Object.entries(mistakes)) {
  test(`random histories notice that ${name}`, async () => {
    await assert.rejects(holdsInHistories(plantedFixture(name, mistake), plan, memoryFixture));
  });
}

test("random histories find nothing in a store without mistakes", async () => {
  await holdsInHistories(
    plantedFixture("nothing is wrong", () => ({})),
    plan,
    memoryFixture,
  );
});
