import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScaledGroup } from "#actors/scaling/scaled-group.ts";
import { GroupStage, groupTerms } from "./group-stage.ts";

describe("a group grows", () => {
  it("when its load has lasted, to at most twice as many, by the lowest free numbers", () => {
    const stage = new GroupStage();
    const counts = stage.pass(20, 9);
    assert.equal(counts[4], 1);
    assert.equal(counts[5], 2);
    assert.deepEqual(stage.standing, ["w-1", "w-2", "w-3", "w-4"]);
    assert.equal(Math.max(...counts), 4);
    assert.match(stage.told[0] ?? "", /^w: 1 node become 2: 9 wait and 0 run$/);
    assert.deepEqual(stage.orders, ["start w-2", "start w-3", "start w-4"]);
  });

  it("not for a burst that is over before", () => {
    const stage = new GroupStage();
    stage.pass(1, 50);
    stage.pass(20, 0);
    assert.deepEqual(stage.orders, []);
  });

  it("by one when somebody waits too long, and no further while that one is started", () => {
    const stage = new GroupStage(groupTerms({ itemsEach: 100 }));
    stage.pass(6, 2, 61_000);
    assert.deepEqual(stage.orders, ["start w-2"]);
  });

  it("from none at once, when its minimum is none", () => {
    const stage = new GroupStage(groupTerms({ min: 0 }));
    stage.pass(10, 0);
    assert.deepEqual(stage.orders, []);
    stage.pass(1, 1);
    assert.deepEqual(stage.orders, ["start w-1"]);
  });

  it("not at all before its provider has said who stands", () => {
    const stage = new GroupStage();
    stage.knows = false;
    stage.pass(60, 50);
    assert.deepEqual(stage.orders, []);
    assert.match(stage.group.view.trouble ?? "", /has not said yet/);
    stage.knows = true;
    stage.pass(1, 50);
    assert.equal(stage.group.view.trouble, null);
  });
});

describe("a group shrinks", () => {
  const grown = (): GroupStage => {
    const stage = new GroupStage();
    stage.pass(20, 9);
    stage.orders.length = 0;
    return stage;
  };

  it("by one, the highest number first, when fewer were wanted long enough", () => {
    const stage = grown();
    const counts = stage.pass(120, 0);
    assert.equal(counts[15], 4);
    assert.equal(counts.at(-1), 1);
    assert.deepEqual(stage.standing, ["w-1"]);
    const drains = stage.orders.filter((order) => order.startsWith("drain"));
    assert.deepEqual(drains, ["drain w-4", "drain w-3", "drain w-2"]);
    assert.deepEqual([stage.group.view.ups, stage.group.view.downs], [2, 3]);
    assert.ok(stage.told.includes("w-4 has left"));
  });

  it("never while the load returns in between", () => {
    const stage = grown();
    for (let round = 0; round < 10; round++) {
      stage.pass(10, 0);
      stage.pass(2, 9);
    }
    assert.deepEqual(stage.orders, []);
  });

  it("without ending what still runs, and takes back who is leaving when the load returns", () => {
    const stage = grown();
    stage.runningOn.set("w-4", 1);
    stage.pass(30, 0);
    assert.deepEqual(stage.leaving, ["w-4"]);
    assert.equal(stage.group.view.running, 0, "what leaves needs no node");
    stage.pass(200, 0);
    assert.ok(stage.standing.includes("w-4"), "it runs something still");
    stage.pass(10, 9);
    assert.ok(stage.orders.includes("resume w-4"), stage.orders.join());
    assert.ok(!stage.orders.includes("end w-4"));
  });

  it("to none only after a time of its own", () => {
    const stage = new GroupStage(groupTerms({ min: 0 }));
    stage.pass(1, 1);
    assert.equal(stage.pass(29, 0).at(-1), 1);
    assert.equal(stage.pass(10, 0).at(-1), 0);
  });

  it("and one that was started anew in the middle of its drain is ended", () => {
    const stage = grown();
    stage.runningOn.set("w-4", 1);
    stage.pass(30, 0);
    stage.leaves("w-4");
    stage.provided.set("w-4", "starting");
    stage.pass(2, 0);
    assert.ok(stage.orders.includes("end w-4"));
    assert.ok(!stage.standing.includes("w-4"));
  });
});

describe("what goes wrong", () => {
  it("a node that cannot be started is told of, and tried again after half a minute", () => {
    const stage = new GroupStage();
    stage.broken.add("w-2");
    stage.pass(8, 2);
    const { failures, trouble } = stage.group.view;
    assert.deepEqual([failures, trouble], [1, "w-2 is given up: it is broken"]);
    stage.pass(25, 2);
    assert.equal(stage.orders.filter((order) => order === "start w-2").length, 1);
    stage.broken.clear();
    stage.pass(15, 2);
    assert.equal(stage.orders.filter((order) => order === "start w-2").length, 2);
    assert.equal(stage.group.view.trouble, null);
  });

  it("a node that nobody sees after it was asked for has failed", () => {
    const stage = new GroupStage();
    stage.pass(6, 2);
    stage.leaves("w-2");
    const group = new ScaledGroup(groupTerms());
    const sight = { waiting: 2, waitMs: 0, runningOn: new Map(), provided: [] };
    for (let second = 0; second < 30; second++) {
      const states = new Map([["w-1", "online" as const]]);
      group.look({ ...sight, states, nowMs: second * 1_000 });
    }
    assert.match(group.view.trouble ?? "", /w-2 does not stand 20000 ms after it was asked for/);
  });

  it("an order that nobody takes is no reason to give it each second", () => {
    const stage = new GroupStage();
    stage.pass(6, 2);
    stage.leaves("w-2");
    stage.group.refused(6_000, "nobody is there");
    stage.orders.length = 0;
    stage.pass(20, 2);
    assert.deepEqual(stage.orders, []);
    assert.equal(stage.group.view.trouble, "w: nobody is there");
  });
});

describe("one that begins anew", () => {
  it("goes on from who stands, and keeps them as long as any other", () => {
    const stage = new GroupStage();
    stage.pass(20, 9);
    stage.orders.length = 0;
    stage.group = new ScaledGroup(groupTerms());
    assert.ok(stage.pass(19, 0).every((count) => count === 4));
    stage.pass(100, 0);
    assert.deepEqual(stage.standing, ["w-1"]);
    assert.ok(stage.orders.every((order) => !order.startsWith("start")));
  });

  it("knows who is leaving, by the registry", () => {
    const stage = new GroupStage();
    stage.pass(20, 9);
    stage.runningOn.set("w-4", 1);
    stage.states.set("w-4", "draining");
    stage.group = new ScaledGroup(groupTerms());
    stage.pass(1, 0);
    assert.deepEqual(stage.leaving, ["w-4"]);
  });
});
