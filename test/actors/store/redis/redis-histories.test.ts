import { test } from "node:test";
import { historyPlan, holdsInHistories } from "../contract/histories.ts";
import { redisFixture } from "./redis-fixture.ts";

test("the store in Redis holds the invariants in random histories", async () => {
  await holdsInHistories(redisFixture(), historyPlan({ histories: 12, commandsCount: 80 }));
});
