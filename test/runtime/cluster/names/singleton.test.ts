// A singleton over three nodes: one owner at a time, whatever becomes of nodes and links.
import assert from "node:assert/strict";
import { test } from "node:test";
import { singletonOf } from "#runtime/cluster/names/singleton.ts";
import { singletonRef } from "#runtime/cluster/names/singleton-ref.ts";
import { ClusterStage, type StageNode } from "../directory/cluster-stage.ts";
import { codeOf } from "../directory/directory-contract.ts";
import { Ledger, Scribe, ScribeActor } from "./ledger-singleton.ts";

const ScribeKeeper = singletonOf(ScribeActor);

interface Scene {
  readonly stage: ClusterStage;
  readonly ledger: Ledger;
  readonly director: StageNode;
  readonly x: StageNode;
  readonly y: StageNode;
  keep(at: StageNode): void;
}

async function withScene(act: (scene: Scene) => Promise<void>): Promise<void> {
  const stage = new ClusterStage([Scribe]);
  const ledger = new Ledger();
  const director = await stage.start("d");
  const [x, y] = [await stage.start("x"), await stage.start("y")];
  const keep = ({ session, system }: StageNode): void => {
    system.spawn(ScribeKeeper, { name: "scribe", session, args: { ledger } }, { name: "keeper" });
  };
  keep(x);
  await stage.time.settle();
  keep(y);
  await stage.time.settle();
  try {
    await act({ stage, ledger, director, x, y, keep });
  } finally {
    await stage.end();
  }
}

const refAt = ({ session, system }: StageNode) =>
  singletonRef(system, session.directory, { protocol: Scribe, name: "scribe" });

test("one of the nodes runs it, and every node's ref reaches it", async () => {
  await withScene(async ({ stage: { time }, ledger, director, x, y }) => {
    const fences = [];
    for (const at of [director, x, y]) fences.push(await time.until(refAt(at).write("hello")));
    assert.equal(new Set(fences).size, 1);
    assert.deepEqual([...ledger.living], ["x"]);
  });
});

test("a ref keeps what it is sent while nobody has the name, and refuses beyond its bound", async () => {
  const stage = new ClusterStage([Scribe]);
  const d = await stage.start("d");
  const ledger = new Ledger();
  const ref = refAt(d);
  const writes = Array.from({ length: 1_001 }, (_, index) =>
    codeOf(ref.$.with({ within: 60_000 }).write(String(index))),
  );
  await stage.time.advance(1_000);
  d.system.spawn(ScribeKeeper, { name: "scribe", session: d.session, args: { ledger } });
  const codes = await stage.time.until(Promise.all(writes));
  assert.deepEqual([...new Set(codes)].sort(), ["done", "stash_full"]);
  assert.equal(codes.filter((code) => code === "stash_full").length, 1);
  assert.deepEqual(
    ledger.lines.map(({ line }) => line),
    Array.from({ length: 1_000 }, (_, index) => String(index)),
  );
  await stage.end();
});

test("an owner that is cut off stops before another begins, with a higher fence", async () => {
  await withScene(async ({ stage, ledger, director, x }) => {
    const { time } = stage;
    const ref = refAt(director);
    const first = await time.until(ref.write("before"));
    stage.cut("x");
    const cutMs = time.now();
    assert.ok(await time.advanceUntil(() => !ledger.living.has("x"), 2 * stage.ttlMs));
    assert.ok(time.now() - cutMs < stage.ttlMs - stage.ttlMs / 12, "it stops by itself in time");
    assert.ok(x.session.lost);
    assert.ok(await time.advanceUntil(() => ledger.living.has("y"), 2 * stage.ttlMs));
    assert.equal(ledger.livingMax, 1);
    const second = await time.until(ref.write("after"));
    assert.ok(second > first);
    stage.heal("x");
    await time.advance(10_000);
    assert.deepEqual([...ledger.living], ["y"], "a session that is lost does not come back");
    assert.equal(x.session.isSafe, false);
  });
});

test("the door lets nothing through once the session may have ended", async () => {
  await withScene(async ({ stage, ledger, x }) => {
    const { time } = stage;
    const keeper = x.system.refTo(Scribe, { node: "x", path: "/keeper" });
    await time.until(keeper.write("inside"));
    stage.cut("x");
    await time.advanceUntil(() => !x.session.isSafe, stage.ttlMs);
    assert.equal(await time.until(codeOf(keeper.write("too late"))), "unavailable");
    assert.deepEqual(
      ledger.lines.map(({ line }) => line),
      ["inside"],
    );
  });
});

test("a node that leaves hands it over at once; one that dies, when its time is over", async () => {
  await withScene(async ({ stage, ledger, director, x, y, keep }) => {
    const { time } = stage;
    const before = time.now();
    await time.until(x.system.stopActor(x.system.refTo(Scribe, { node: "x", path: "/keeper" })));
    await time.settle();
    assert.deepEqual([...ledger.living], ["y"]);
    assert.ok(time.now() - before < 100);
    keep(director);
    stage.takeDown("y");
    ledger.living.delete("y");
    assert.ok(await time.advanceUntil(() => ledger.living.has("d"), 2 * stage.ttlMs));
    assert.ok(time.now() - before > stage.ttlMs / 2, "not before its session has ended");
    assert.equal(ledger.livingMax, 1);
    assert.equal(y.node.name, "y");
  });
});

test("when it stops by itself it begins anew, somewhere, with a higher fence", async () => {
  await withScene(async ({ stage: { time }, ledger, director }) => {
    const ref = refAt(director);
    const first = await time.until(ref.write("one"));
    ref.end();
    await time.advance(1_000);
    const second = await time.until(ref.write("two"));
    assert.ok(second > first);
    assert.equal(ledger.livingMax, 1);
  });
});
