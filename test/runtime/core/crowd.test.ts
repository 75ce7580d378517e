import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Crowd {
  grow(count: number): number;
}
const Crowd = protocol<Crowd>("test.Crowd@1", { grow: ask });
class CrowdActor extends Actor<Crowd> implements Handlers<Crowd> {
  static readonly protocol = Crowd;
  grow(count: number): number {
    for (let index = 0; index < count; index += 1) this.ctx.spawn(CrowdActor);
    return count;
  }
}

test("an actor with thousands of children ends with all of them", async () => {
  const { system, time } = createTestSystem();
  const crowd = system.spawn(CrowdActor);
  await crowd.grow(5_000);
  await time.settle();
  await system.stopActor(crowd);
  assert.equal(system.inspect().children.length, 1, "only the directory is left");
});
