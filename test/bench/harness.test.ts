import assert from "node:assert/strict";
import { test } from "node:test";
import type { Contest, Goal, Round, Subject } from "../../bench/contest.ts";
import { compete } from "../../bench/harness.ts";
import { median, percentile } from "../../bench/statistics.ts";

/** A subject whose rounds are given, the last one for ever. */
function subject(peer: string, rounds: readonly Round[], order: string[] = []): Subject {
  let index = 0;
  return {
    peer,
    variant: "",
    round: () => {
      order.push(peer);
      const round = rounds[Math.min(index, rounds.length - 1)];
      index += 1;
      return Promise.resolve(round ?? { n: 0, elapsedMs: 0 });
    },
  };
}
const rate = (perSecond: number): Round => ({ n: perSecond, elapsedMs: 1000 });
const atLeast = (against: string, bound: number): Goal => ({
  against,
  measure: "perSecond",
  as: "ratio",
  bound: { atLeast: bound },
});
const contest = (given: Partial<Contest>): Contest => ({
  workload: "w",
  ours: subject("troupe", [rate(10)]),
  peers: [subject("bare", [rate(20)])],
  goals: [],
  rounds: 3,
  warmUps: 1,
  ...given,
});

test("ours and the peers take turns, and warm-ups are not counted", async () => {
  const order: string[] = [];
  const { rows } = await compete(
    contest({
      ours: subject("troupe", [rate(1), rate(10), rate(30), rate(20)], order),
      peers: [subject("a", [rate(5)], order), subject("b", [rate(5)], order)],
    }),
  );
  assert.deepEqual(order, Array(4).fill(["troupe", "a", "b"]).flat());
  const { perSecond, perSecondMin, perSecondMax, rounds } = rows[0] ?? assert.fail();
  assert.deepEqual([perSecond, perSecondMin, perSecondMax, rounds], [20, 10, 30, 3]);
});

test("a ratio is taken pair by pair, so noise that hits both cancels out", async () => {
  const noise = [1, 1, 7, 100];
  const { ratios } = await compete(
    contest({
      ours: subject(
        "troupe",
        noise.map((factor) => rate(9 * factor)),
      ),
      peers: [
        subject(
          "bare",
          noise.map((factor) => rate(10 * factor)),
        ),
      ],
      goals: [atLeast("bare", 0.9), atLeast("bare", 0.91)],
    }),
  );
  assert.deepEqual(
    ratios.map(({ ratio, min, max, goal, met }) => ({ ratio, min, max, goal, met })),
    [
      { ratio: 0.9, min: 0.9, max: 0.9, goal: ">= 0.9", met: true },
      { ratio: 0.9, min: 0.9, max: 0.9, goal: ">= 0.91", met: false },
    ],
  );
});

test("a peer that fails is left out with its goals, and the others go on; ours must not", async () => {
  const broken = subject("bare", [rate(5), rate(5), { n: 0, elapsedMs: 1 }]);
  const peers = [broken, subject("other", [rate(5)])];
  const { absent, ratios, rows } = await compete(
    contest({ peers, goals: [atLeast("bare", 1), atLeast("other", 1)] }),
  );
  assert.deepEqual(
    rows.map(({ peer, rounds }) => [peer, rounds]),
    [
      ["troupe", 3],
      ["other", 3],
    ],
  );
  assert.deepEqual(
    ratios.map(({ against }) => against),
    ["other"],
  );
  assert.equal(absent?.[0]?.peer, "bare in w");
  assert.match(absent[0].reason, /a round of bare did 0 operations/);
  const ours = subject("troupe", [{ n: 0, elapsedMs: 1 }]);
  await assert.rejects(compete(contest({ ours })), /a round of troupe did 0/);
});

test("a peer that fails once is tried again in the same turn", async () => {
  const shaken = subject("bare", [rate(5), { n: 0, elapsedMs: 1 }, rate(5)]);
  const { absent, ratios } = await compete(
    contest({ peers: [shaken], goals: [atLeast("bare", 1)] }),
  );
  assert.equal(absent, undefined);
  assert.deepEqual(ratios[0], { ...ratios[0], against: "bare", ratio: 2, met: true });
});

test("latencies give percentiles, and a goal may bound what is added to the peer's", async () => {
  const slow = { n: 4, elapsedMs: 10, latenciesMs: [4, 1, 3, 2] };
  const fast = { n: 4, elapsedMs: 10, latenciesMs: [1, 1, 1, 1] };
  const { rows, ratios } = await compete(
    contest({
      ours: subject("troupe", [slow]),
      peers: [subject("bare", [fast])],
      goals: [{ against: "bare", measure: "p50Ms", as: "difference", bound: { atMost: 1 } }],
    }),
  );
  assert.deepEqual([rows[0]?.p50Us, rows[0]?.p99Us, rows[0]?.bytes], [2000, 4000, undefined]);
  assert.deepEqual([ratios[0]?.ratio, ratios[0]?.goal, ratios[0]?.met], [1, "<= 1", true]);
});

test("a goal may bound our own figure, and rounds may warm themselves up", async () => {
  const order: string[] = [];
  const rounds = [100, 300, 200].map((bytes) => ({ n: 1, elapsedMs: 1, residentBytes: bytes }));
  const { ratios, rows } = await compete(
    contest({
      ours: subject("troupe", rounds, order),
      peers: [],
      goals: [{ measure: "residentBytes", as: "value", bound: { atMost: 200 } }],
      warmUps: "within rounds",
    }),
  );
  assert.equal(order.length, 3);
  assert.equal(rows[0]?.residentBytes, 200);
  const { against, goal, met, min, max, ratio } = ratios[0] ?? assert.fail();
  assert.deepEqual(
    { against, goal, met, min, max, ratio },
    { against: "", goal: "<= 200", met: true, min: 100, max: 300, ratio: 200 },
  );
});

test("how near a picture comes is a measure like any other", async () => {
  const rounds = (decibels: number, similarity: number) =>
    [1, 2, 3].map(() => ({ n: 1, elapsedMs: 1, decibels, similarity }));
  const { ratios, rows } = await compete(
    contest({
      ours: subject("troupe", rounds(30, 0.75), []),
      peers: [subject("other", rounds(28, 1), [])],
      goals: (["decibels", "similarity"] as const).map((measure) => {
        return { against: "other", measure, as: "difference", bound: { atLeast: 0 } };
      }),
      warmUps: "within rounds",
    }),
  );
  assert.deepEqual([rows[0]?.decibels, rows[1]?.similarity], [30, 1]);
  assert.deepEqual(
    ratios.map(({ ratio, met }) => [ratio, met]),
    [
      [2, true],
      [-0.25, false],
    ],
  );
});

const refused: readonly (readonly [string, Partial<Contest>, RegExp])[] = [
  ["two rounds", { rounds: 2 }, /prove nothing/],
  ["no warm-up", { warmUps: 0 }, /never typical/],
  ["two peers of one name", { peers: [subject("a", []), subject("a", [])] }, /one name/],
  ["a goal against nobody", { goals: [atLeast("ghost", 1)] }, /names ghost/],
];
for (const [name, given, message] of refused) {
  test(`${name}: refused before anything runs`, async () => {
    const order: string[] = [];
    const ours = subject("troupe", [rate(1)], order);
    await assert.rejects(compete(contest({ ...given, ours })), { code: "invalid", message });
    assert.deepEqual(order, []);
  });
}

test("a round that did nothing, or lacks what a goal needs, is no result", async () => {
  await assert.rejects(compete(contest({ ours: subject("troupe", [{ n: 0, elapsedMs: 5 }]) })), {
    message: /0 operations/,
  });
  const goal: Goal = { against: "bare", measure: "bytes", as: "ratio", bound: { atMost: 1 } };
  await assert.rejects(compete(contest({ goals: [goal] })), { message: /needs bytes/ });
});

test("median and percentiles at the edges", () => {
  assert.equal(median([3]), 3);
  assert.equal(median([1, 9]), 5);
  assert.equal(median([10, 9, 2]), 9);
  assert.equal(percentile([5], 0.99), 5);
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.deepEqual(
    [percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)],
    [50, 99, 100],
  );
  assert.throws(() => median([]), { code: "invalid" });
});
