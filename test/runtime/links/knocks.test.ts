// Two that have given each other up, when nobody has anything to say to the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestNode, World } from "./link-world.ts";

const first = 1;
const later = 2;

/** Both have talked, and then nothing passes for so long that each is down for the other. */
function parted(): { world: World; older: TestNode; younger: TestNode } {
  const world = new World();
  const older = world.start("a", first, "b");
  const younger = world.start("b", later, "a");
  older.send("x");
  younger.send("y");
  world.run(100);
  for (let passed = 0; passed < 4_000; passed += 10) {
    for (const connection of [...world.connections]) world.cut(connection);
    world.advance(10);
  }
  for (const { events } of [older, younger]) {
    assert.equal(events.filter((event) => event.startsWith("down")).length, 1, events.join());
  }
  return { world, older, younger };
}

test("who was given up learns it without a word from anybody, and it is the one that started later", () => {
  const { world, older, younger } = parted();
  world.run(2_000);
  assert.ok(younger.events.includes("refused by a~1"), younger.events.join());
  assert.ok(!older.events.some((event) => event.startsWith("refused")), older.events.join());
});

test("a life that is over for sure is not sought any more", () => {
  const { world, older, younger } = parted();
  younger.link.quarantine(first, "its session has ended", world.nowMs);
  assert.ok(younger.link.isIdle, "at once, so that its next life may be met elsewhere");
  world.run(2_000);
  assert.deepEqual(
    [...older.events, ...younger.events].filter((event) => event.startsWith("refused")),
    [],
  );
  assert.equal(younger.link.dueMs(world.nowMs), Number.POSITIVE_INFINITY);
});

test("the next life of who was given up is taken, and sought no more", () => {
  const { world, older, younger } = parted();
  world.kill(older);
  const next = world.start("a", 3, "b");
  world.run(1_000);
  assert.ok(younger.events.includes("up a~3"), younger.events.join());
  assert.ok(!next.events.some((event) => event.startsWith("refused")));
});

test("who is given up without ever having been heard learns it, whoever started later", () => {
  for (const [ofSender, ofOther] of [
    [first, later],
    [later, first],
  ] as const) {
    const world = new World();
    const sender = world.start("a", ofSender, "b");
    const other = world.start("b", ofOther, "a");
    sender.send("x", ofOther);
    for (let passed = 0; passed < 4_000; passed += 10) {
      for (const connection of [...world.connections]) world.cut(connection);
      world.advance(10);
    }
    assert.ok(sender.events.includes(`down b~${ofOther} lost 1`), sender.events.join());
    assert.equal(other.events.length, 0, "it has heard nothing of all this");
    world.run(2_000);
    assert.ok(other.events.includes(`refused by a~${ofSender}`), other.events.join());
  }
});
