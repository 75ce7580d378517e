import { test } from "node:test";
import { historyPlan, holdsInHistories } from "./histories.ts";
import { memoryFixture } from "./memory-fixture.ts";

test("the memory store holds the invariants in random histories", async () => {
  await holdsInHistories(memoryFixture, historyPlan({ histories: 300, commandsCount: 100 }));
});
