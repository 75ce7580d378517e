// Two clusters whose nodes have the same names, and whose addresses were mixed up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./link-world.ts";

const met = (ofWorker: string, ofControl: string) => {
  const world = new World();
  const worker = world.start("worker", 1, "control", ofWorker);
  const control = world.start("control", 1, "worker", ofControl);
  worker.send("for its own control");
  control.send("for its own worker");
  world.run(3_000);
  return { worker, control, world };
};

test("nodes of different clusters take nothing from one another, and each is unreachable", () => {
  const { worker, control } = met("red", "blue");
  for (const { received, events } of [worker, control]) {
    assert.deepEqual(received, []);
    assert.equal(events.filter((event) => event.startsWith("up")).length, 0, events.join());
    assert.equal(events.filter((event) => event.startsWith("down")).length, 1, events.join());
    assert.equal(events.filter((event) => event.startsWith("refused")).length, 0, events.join());
  }
});

test("nodes of one cluster talk, and so do those that do not say to which they belong", () => {
  for (const [ofWorker, ofControl] of [
    ["red", "red"],
    ["", "blue"],
    ["red", ""],
  ] as const) {
    const { worker, control } = met(ofWorker, ofControl);
    assert.deepEqual(control.received, ["for its own control"]);
    assert.deepEqual(worker.received, ["for its own worker"]);
  }
});

test("a node of one's own that comes to the address of a stranger's is found there", () => {
  const { worker, control, world } = met("red", "blue");
  world.kill(control);
  const own = world.start("control", 2, "worker", "red");
  worker.send("at last");
  world.run(2_000);
  assert.deepEqual(own.received.at(-1), "at last");
});
