import { test } from "node:test";
import { historyPlan, holdsInHistories } from "../contract/histories.ts";
import { sqliteFixture } from "./sqlite-contract-fixture.ts";

test("the store in SQLite answers random histories as the memory store does", async () => {
  await holdsInHistories(sqliteFixture, historyPlan({ histories: 15, commandsCount: 80 }));
});
