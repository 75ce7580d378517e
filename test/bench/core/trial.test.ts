import assert from "node:assert/strict";
import { test } from "node:test";
import type { Done, Trial } from "../../../bench/core/contender.ts";
import { Tally } from "../../../bench/core/tally.ts";
import { runTrial, type Sizing } from "../../../bench/core/trial.ts";

globalThis.gc ??= Object.assign(() => undefined, globalThis.gc);

/** Spends a millisecond a thousand operations, or answers what it is given. */
function contenderOf(run: (count: number) => Promise<Done>, livingCount?: () => Promise<number>) {
  const trial: Trial = livingCount ? { run, livingCount } : { run };
  return { works: { tell: () => trial } };
}
const order = (sizing: Sizing) => ({ work: "tell", setting: { actors: 1 }, sizing }) as const;
const busy = (count: number): Promise<Done> => {
  for (const end = performance.now() + count / 1_000; performance.now() < end; );
  return Promise.resolve({ count });
};

test("as much is done as fills the time, in multiples of the grain", async () => {
  const round = await runTrial(
    contenderOf(busy),
    order({ kind: "rate", ms: 40, grain: 500, countMax: 1_000_000 }),
  );
  assert.ok(round.elapsedMs >= 20 && round.elapsedMs < 200, `${round.elapsedMs} ms`);
  assert.equal(round.n % 500, 0);
});

test("never more than the greatest count", async () => {
  const round = await runTrial(
    contenderOf(busy),
    order({ kind: "rate", ms: 1_000, grain: 500, countMax: 2_000 }),
  );
  assert.equal(round.n, 2_000);
});

test("a contender that loses operations has no figure", async () => {
  const lossy = contenderOf((count) => Promise.resolve({ count: count - 1 }));
  await assert.rejects(
    runTrial(lossy, order({ kind: "rate", ms: 10, grain: 100, countMax: 100 })),
    { code: "invalid", message: /100 operations were ordered, 99 were counted/ },
  );
});

test("actors that do not answer were not spawned", async () => {
  const dead = contenderOf(busy, () => Promise.resolve(11));
  await assert.rejects(runTrial(dead, order({ kind: "population", count: 10, warmUp: 2 })), {
    message: /12 actors were spawned, 11 answered/,
  });
});

test("a work that the contender does not do is refused", async () => {
  const sizing = { kind: "duration", ms: 1 } as const;
  await assert.rejects(runTrial({ works: {} }, order(sizing)), { code: "not_found" });
});

test("a tally tells when it has grown, and by how much", async () => {
  const tally = new Tally();
  assert.equal(await tally.grown(2, () => [tally.add(1), queueMicrotask(() => tally.add(2))]), 3);
  assert.equal(await tally.grown(0, () => undefined), 0);
});
