// Messages that were held until their shard had an owner, and go to it then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemTopics } from "#runtime/core/event-bus.ts";
import { KeyedScene } from "./keyed-scene.ts";

test("of what is held, one that cannot travel is a dead letter, and those behind it go on", async () => {
  const scene = new KeyedScene({ shards: 1 });
  const { record, stage, time } = scene;
  try {
    await scene.node("n");
    const a = await scene.caller("a");
    const dead: string[] = [];
    a.system.events.subscribe(systemTopics["dead-letter"], ({ method, reason }) => {
      dead.push(`${method} ${reason}`);
    });
    const ada = a.tallies.of("ada");
    ada.count("a", 1);
    // Nothing but its sender sees that this is no text before it has to travel.
    Reflect.apply(ada.count, ada, [() => "a", 2]);
    ada.count("a", 3);
    const total = ada.total();
    await scene.host("b");
    assert.equal(await time.until(total), 2);
    assert.deepEqual(dead, ["count invalid"]);
    assert.deepEqual(
      record.handled.get("ada")?.map(({ number }) => number),
      [1, 3],
    );
    assert.deepEqual(
      stage.logged.filter((line) => line.includes("threw")),
      [],
    );
  } finally {
    await scene.end();
  }
});
