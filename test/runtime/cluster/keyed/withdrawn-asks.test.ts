// Asks that their asker gives up on the way: the word of it goes in the control lane, and overtakes them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf } from "../directory/directory-contract.ts";
import { KeyedScene } from "./keyed-scene.ts";

test("a shard is handed over at once though its asks were withdrawn before they came", async () => {
  const scene = new KeyedScene({ shards: 1 });
  const { record, stage, time } = scene;
  try {
    const b = await scene.host("b");
    await scene.settled(b);
    const a = await scene.caller("a");
    const ada = a.tallies.of("ada");
    assert.equal(await time.until(ada.add("a", 1)), 1);
    stage.slowMessages("a", 300);
    const withdrawn = ["one", "two", "three"].map(() => codeOf(ada.$.with({ within: 50 }).total()));
    ada.count("a", 2);
    const codes = await time.until(Promise.all(withdrawn));
    assert.deepEqual(codes, ["timeout", "timeout", "timeout"]);
    const c = await scene.host("c");
    const beganMs = time.now();
    await time.until(b.tallies.leave(), 60_000);
    await scene.settled(c);
    assert.ok(time.now() - beganMs < 2_000, `it took ${time.now() - beganMs} ms`);
    const late = b.system.bounds.find(({ bound }) => bound === "keyedHandoverMsMax");
    assert.equal(late?.reached, 0, "nothing was broken off");
    assert.equal(record.countOf("ada"), 2);
    assert.equal(await time.until(ada.where()), "c");
    assert.deepEqual(record.problems, []);
  } finally {
    await scene.end();
  }
});
