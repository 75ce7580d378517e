// Some actors move to the emptiest node, when theirs has clearly more.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { MovableNodes } from "./movable-nodes.ts";
import { type Ledger, LedgerActor, ParentActor } from "./numbered-actors.ts";

interface Loads {
  readonly nodes: MovableNodes;
  readonly ledgers: readonly Ref<Ledger>[];
  /** How many of them live on each node. */
  count(): Promise<Readonly<Record<string, number>>>;
}

async function loads(on: Readonly<Record<string, number>>): Promise<Loads> {
  const nodes = new MovableNodes([LedgerActor, ParentActor]);
  await nodes.start(...Object.keys(on));
  const ledgers = Object.entries(on).flatMap(([name, count]) =>
    Array.from({ length: count }, () => nodes.of(name).system.spawn(LedgerActor)),
  );
  const count = async (): Promise<Readonly<Record<string, number>>> => {
    const counts: Record<string, number> = {};
    for (const ledger of ledgers) {
      const where = await nodes.time.until(ledger.where());
      counts[where] = (counts[where] ?? 0) + 1;
    }
    return counts;
  };
  return { nodes, ledgers, count };
}

test("half of what a node has more than the emptiest goes there, and the states with it", async () => {
  const { count, ledgers, nodes } = await loads({ a: 10, b: 4, c: 0 });
  for (const [number, ledger] of ledgers.entries()) ledger.heard("test", number);
  const { system } = nodes.of("a");
  const report = await nodes.time.until(system.rebalance({ actorsMax: 100 }));
  assert.deepEqual(report, { moved: 5, stayed: [] });
  const { a = 0, b = 0, c = 0 } = await count();
  assert.deepEqual([a, b + c], [5, 9]);
  assert.ok(c >= 4, "the emptiest has most of them");
  for (const [number, ledger] of ledgers.entries()) {
    assert.deepEqual((await nodes.time.until(ledger.all())).test, [number]);
  }
});

test("no more move than wanted", async () => {
  const { count, nodes } = await loads({ a: 10, b: 0 });
  const report = await nodes.time.until(nodes.of("a").system.rebalance({ actorsMax: 2 }));
  assert.equal(report.moved, 2);
  assert.deepEqual(await count(), { a: 8, b: 2 });
});

for (const [what, on, ratio] of [
  ["as many as another", { a: 4, b: 4 }, undefined],
  ["one more", { a: 5, b: 4 }, undefined],
  ["fewer", { a: 2, b: 9 }, undefined],
  ["not so many times as many as is asked for", { a: 8, b: 4 }, 3],
  ["no other node beside it", { a: 9 }, undefined],
] as const) {
  test(`a node with ${what} keeps its actors`, async () => {
    const { count, nodes } = await loads(on);
    const before = await count();
    const terms = { actorsMax: 100, ...(ratio === undefined ? {} : { ratio }) };
    const report = await nodes.time.until(nodes.of("a").system.rebalance(terms));
    assert.deepEqual(report, { moved: 0, stayed: [] });
    assert.deepEqual(await count(), before);
  });
}

test("those that cannot move are not counted, and stay", async () => {
  const { nodes } = await loads({ a: 0, b: 0 });
  const { system } = nodes.of("a");
  const parents = Array.from({ length: 9 }, () => system.spawn(ParentActor));
  for (const parent of parents) await nodes.time.until(parent.child());
  const report = await nodes.time.until(system.rebalance({ actorsMax: 100 }));
  assert.deepEqual(report, { moved: 0, stayed: [] });
});

test("bounds that are none are refused, and nothing moves", async () => {
  const { count, nodes } = await loads({ a: 6, b: 0 });
  const { system } = nodes.of("a");
  for (const terms of [
    { actorsMax: -1 },
    { actorsMax: 1.5 },
    { actorsMax: Number.NaN },
    { actorsMax: 1, ratio: 0.5 },
    { actorsMax: 1, ratio: Number.NaN },
  ]) {
    await assert.rejects(
      nodes.time.until(system.rebalance(terms)),
      /invalid/,
      JSON.stringify(terms),
    );
  }
  for (const within of [-1, Number.NaN]) {
    await assert.rejects(nodes.time.until(system.drain(within)), /invalid/, String(within));
  }
  assert.deepEqual(await count(), { a: 6 });
});
