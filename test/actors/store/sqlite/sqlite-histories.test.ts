import { test } from "node:test";
import { historyPlan, holdsInHistories } from "../contract/histories.ts";
import { sqliteFixture } from "./sqlite-contract-fixture.ts";

test("the store in SQLite holds the invariants in random histories", async () => {
  await holdsInHistories(sqliteFixture, historyPlan({ histories: 60, commandsCount: 100 }));
});
