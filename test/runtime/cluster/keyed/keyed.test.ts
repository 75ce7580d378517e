// Keyed actors over a few nodes: one actor a key, wherever it is sent from, whatever becomes of the nodes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedScene } from "./keyed-scene.ts";

test("a key has one actor, which every node's ref reaches, started by its first message", async () => {
  const scene = new KeyedScene();
  const { record, time } = scene;
  const [a, b] = [await scene.host("a"), await scene.host("b")];
  const c = await scene.caller("c");
  await scene.settled(a, b);
  assert.equal(record.begun, 0);
  const keys = ["ada", "bob", "eve", "joe@example.org", "user:42"];
  for (const key of keys) {
    const places = [];
    for (const { tallies } of [a, b, c]) {
      places.push(await time.until(tallies.of(key).where()));
    }
    assert.equal(new Set(places).size, 1, key);
    assert.deepEqual(record.livesOn(key), [places[0]]);
  }
  assert.equal(record.begun, keys.length);
  assert.deepEqual(record.problems, []);
  await scene.end();
});
