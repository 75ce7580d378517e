// Stops of actors that live elsewhere than where they were born, from wherever.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { MovableNodes } from "./movable-nodes.ts";
import { type Ledger, LedgerActor, WatcherActor } from "./numbered-actors.ts";

const names = ["a", "b", "c", "d"] as const;

interface Scene {
  readonly nodes: MovableNodes;
  /** Born on b, and known by its identity alone elsewhere. */
  readonly ref: Ref<Ledger>;
  refAt(name: string): Ref<Ledger>;
  stop(by: string): Promise<void>;
}

async function scene(seed = 1): Promise<Scene> {
  const nodes = new MovableNodes([LedgerActor], { seed });
  await nodes.start(...names);
  const ref = nodes.of("b").system.spawn(LedgerActor, { name: "ledger" });
  const refAt = (name: string): Ref<Ledger> => {
    const { system } = nodes.of(name);
    return system.refFrom(LedgerActor.protocol, system.revive(ref.$.address, ref.$.protocolId));
  };
  const stop = (by: string): Promise<void> =>
    nodes.time.until(nodes.of(by).system.stopActor(by === "b" ? ref : refAt(by)));
  return { nodes, ref, refAt, stop };
}

async function assertGone({ nodes, refAt }: Scene): Promise<void> {
  for (const name of names) {
    if (!nodes.isUp(name)) continue;
    await assert.rejects(nodes.time.until(refAt(name).where()), /actor_stopped|node_down/, name);
  }
}

for (const by of names) {
  test(`an actor that moved from b to c is stopped from ${by}, and its watcher hears it once`, async () => {
    const here = await scene();
    const { nodes, ref, refAt, stop } = here;
    const heard: string[] = [];
    const watcher = { name: "watcher", watched: refAt("d"), heard };
    nodes.of("d").system.spawn(WatcherActor, watcher);
    await nodes.run(50);
    await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
    await stop(by);
    await assertGone(here);
    await nodes.run(100);
    assert.deepEqual(heard, ["watcher stopped"]);
  });

  test(`an actor that is on its way is stopped from ${by} wherever it is by then`, async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const here = await scene(seed);
      const { nodes, ref, stop } = here;
      await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
      const moving = nodes.of("b").system.move(ref, { to: "d" });
      moving.catch(() => {});
      await nodes.run(seed);
      await stop(by);
      await assertGone(here);
    }
  });
}

test("an actor whose birth node has ended is stopped by one that never sent to it", async () => {
  const here = await scene();
  const { nodes, ref, stop } = here;
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  nodes.kill("b");
  await nodes.run(1_000);
  await stop("d");
  await assertGone(here);
});

test("an actor of another node that never moved is not to be stopped from here, and lives on", async () => {
  const { nodes, refAt, stop } = await scene();
  await assert.rejects(stop("d"), /invalid: .*no actor of d: let its own node stop it/);
  assert.equal(await nodes.time.until(refAt("d").where()), "b");
});

test("what waits is handled before an actor that moved ends, where that is wanted", async () => {
  const { nodes, ref, refAt } = await scene();
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  const busy = ref.slow(40);
  const counted = ref.count("x");
  await nodes.run(20);
  const { system } = nodes.of("b");
  const stopped = system.stopActor(refAt("b"), { pending: "drain" });
  assert.equal(await nodes.time.until(busy), 0);
  assert.equal(await nodes.time.until(counted), 0);
  await nodes.time.until(stopped);
});

test("a stop of one that has ended is done at once, and one of nobody's too", async () => {
  const { nodes, ref, stop } = await scene();
  await nodes.time.until(nodes.of("b").system.move(ref, { to: "c" }));
  await stop("a");
  for (const by of names)
    await stop(by).catch((error: Error) => assert.match(error.message, /no actor of/));
});
