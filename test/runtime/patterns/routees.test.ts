// How much those behind a router have to do, as it sees that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { routerOf } from "#runtime/patterns/actor-router.ts";
import { createPuppets, nameOf, Puppet } from "../core/puppet.ts";

test("least-loaded sees that a tell is in hand, and leaves the others to whoever is idle", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const desks = ["a", "b"].map((name) => puppet({ name }));
  const Router = routerOf(Puppet, { policy: { kind: "least-loaded" } });
  const router = system.spawn(Router, { routees: desks });
  router.hint((ctx) => ctx.sleep(1_000));
  await time.settle();
  for (let count = 0; count < 4; count += 1) {
    router.hint((ctx) => void diary.push(nameOf(ctx.self)));
    await time.settle();
  }
  assert.deepEqual(diary, ["b", "b", "b", "b"]);
  await stop();
});
