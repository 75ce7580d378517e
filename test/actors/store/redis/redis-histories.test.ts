import { test } from "node:test";
import { crowdPromises } from "../contract/crowd-promises.ts";
import { historyPlan, holdsInHistories } from "../contract/histories.ts";
import { redisFixture } from "./redis-fixture.ts";

const one = redisFixture();
const two = redisFixture({ stores: "two" });
const plan = historyPlan({ histories: 10, commandsCount: 80 });

test("the store in Redis answers random histories as the memory store does", async () => {
  await holdsInHistories(one, plan);
});

test("two stores on one Redis that take turns answer random histories as one", async () => {
  await holdsInHistories(two, plan);
});

crowdPromises(two);
