import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LoadScaling, type ScalingTerms, type ScalingView } from "#runtime/tasks/load-scaling.ts";

const terms: ScalingTerms = {
  ...{ min: 1, max: 8, itemsEach: 2, waitMsMax: 1_000 },
  ...{ upAfterMs: 5_000, downAfterMs: 300_000, zeroAfterMs: 900_000 },
};

interface Second {
  readonly load: number;
  readonly waitMs?: number;
}

/** How many there are after each second, when each change is done at once. */
function follow(seconds: readonly Second[], given: Partial<ScalingTerms> = {}): readonly number[] {
  const all = { ...terms, ...given };
  const scaling = new LoadScaling(all, 0);
  let standing = Math.max(1, all.min);
  return seconds.map(({ load, waitMs = 0 }, second) => {
    const view: ScalingView = {
      ...{ nowMs: second * 1_000, standing, starting: 0 },
      ...{ waiting: Math.max(0, load - standing), running: Math.min(load, standing), waitMs },
    };
    standing = scaling.look(view)?.standing ?? standing;
    return standing;
  });
}

const lasting = (load: number, seconds: number): readonly Second[] =>
  Array.from({ length: seconds }, () => ({ load }));
const changesIn = (counts: readonly number[]): readonly (readonly [number, number])[] =>
  counts.flatMap((count, second) =>
    second > 0 && count !== counts[second - 1] ? [[second, count] as const] : [],
  );

describe("more of them", () => {
  it("come when the load has lasted, at most twice as many at a time", () => {
    assert.deepEqual(changesIn(follow(lasting(16, 20))), [
      [5, 2],
      [11, 4],
      [17, 8],
    ]);
  });

  it("do not come for a burst that is over before", () => {
    const burst = [...lasting(0, 10), { load: 40 }, ...lasting(0, 10)];
    assert.deepEqual(changesIn(follow(burst)), []);
  });

  it("are as many as the load asks for, and not one more", () => {
    assert.equal(follow(lasting(2, 30)).at(-1), 1);
    assert.equal(follow(lasting(3, 30)).at(-1), 2);
    assert.equal(follow(lasting(5, 60)).at(-1), 3);
  });

  it("come, one by one, when somebody waits too long", () => {
    const slow = Array.from({ length: 14 }, () => ({ load: 1, waitMs: 1_001 }));
    assert.deepEqual(changesIn(follow(slow)), [
      [5, 2],
      [11, 3],
    ]);
    const inTime = Array.from({ length: 14 }, () => ({ load: 1, waitMs: 1_000 }));
    assert.deepEqual(changesIn(follow(inTime)), []);
  });

  it("do not come for somebody who waits while one is being loaded", () => {
    const scaling = new LoadScaling(terms, 0);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) {
      const view = { nowMs, standing: 2, starting: 1, waiting: 1, running: 1, waitMs: 9_000 };
      assert.equal(scaling.look(view), undefined);
    }
  });

  it("do not come while a pause lasts, and then at once", () => {
    const scaling = new LoadScaling(terms, 0);
    scaling.pause(30_000);
    const view = { standing: 1, starting: 0, waiting: 3, running: 1, waitMs: 0 };
    const steps = Array.from({ length: 32 }, (_, at) =>
      scaling.look({ ...view, nowMs: at * 1_000 }),
    );
    assert.equal(
      steps.findIndex((step) => step !== undefined),
      30,
    );
  });

  it("says why", () => {
    const scaling = new LoadScaling({ ...terms, upAfterMs: 0 }, 0);
    const view = { nowMs: 9, standing: 1, starting: 0, waiting: 3, running: 1, waitMs: 0 };
    assert.equal(scaling.look(view), undefined, "what is no length is over at once");
    const late = new LoadScaling(terms, 0);
    late.look({ ...view, nowMs: 0, waiting: 1, waitMs: 1_200 });
    const step = late.look({ ...view, nowMs: 5_000, waiting: 1, waitMs: 6_200 });
    assert.deepEqual(step, {
      kind: "up",
      standing: 2,
      reason: "1 wait and 1 run, one for 6200 ms, more than 1000",
    });
  });
});

describe("fewer of them", () => {
  it("come one by one, when fewer were wanted for five minutes", () => {
    const counts = follow([...lasting(8, 20), ...lasting(0, 400)]);
    const [, , ...downs] = changesIn(counts);
    // The load of second 19 counts until 23, and what it asked for until 322.
    assert.deepEqual(downs, [
      [323, 3],
      [324, 2],
      [325, 1],
    ]);
  });

  it("do not come while the load returns within five minutes", () => {
    const wave = Array.from({ length: 3_000 }, (_, second) => ({
      load: second % 290 < 10 ? 8 : 0,
    }));
    assert.deepEqual(
      changesIn(follow(wave)).map(([, count]) => count),
      [2, 4],
    );
  });

  it("are none only with a minimum of none, after a time of its own", () => {
    const idle = lasting(0, 1_000);
    assert.deepEqual(changesIn(follow(idle, { min: 0 })), [[900, 0]]);
    assert.deepEqual(changesIn(follow(idle, { min: 1 })), []);
  });

  it("who comes when there is none gets one at once", () => {
    const counts = follow([...lasting(0, 905), { load: 1 }, ...lasting(1, 3)], { min: 0 });
    assert.deepEqual(changesIn(counts), [
      [900, 0],
      [905, 1],
    ]);
  });
});

const someTerms = fc
  .record({
    min: fc.nat(3),
    more: fc.nat(5),
    itemsEach: fc.integer({ min: 1, max: 4 }),
    upAfterMs: fc.integer({ min: 1, max: 8 }).map((seconds) => seconds * 1_000),
    downAfterMs: fc.integer({ min: 1, max: 40 }).map((seconds) => seconds * 1_000),
    zeroAfterMs: fc.integer({ min: 1, max: 60 }).map((seconds) => seconds * 1_000),
  })
  .map(({ min, more, ...rest }) => ({ ...rest, min, max: Math.max(1, min + more) }));
const someSeconds = fc.array(
  fc.record({ load: fc.oneof(fc.constant(0), fc.nat(30)), waitMs: fc.constantFrom(0, 2_000) }),
  { minLength: 1, maxLength: 200 },
);

describe("whatever the load", () => {
  it("there are never more or fewer than allowed, and at most twice as many at a time", () => {
    fc.assert(
      fc.property(someTerms, someSeconds, (given, seconds) => {
        let former = Math.max(1, given.min);
        for (const count of follow(seconds, given)) {
          assert.ok(count >= given.min && count <= given.max);
          assert.ok(count <= Math.max(1, 2 * former) && count >= former - 1);
          former = count;
        }
      }),
    );
  });

  it("nothing is taken back before its time", () => {
    fc.assert(
      fc.property(someTerms, someSeconds, (given, seconds) => {
        const counts = [Math.max(1, given.min), ...follow(seconds, given)];
        let last: { readonly second: number; readonly isUp: boolean } | undefined;
        for (const [second, count] of counts.entries()) {
          const former = counts[second - 1];
          if (former === undefined || former === count) continue;
          const isUp = count > former;
          if (last && isUp !== last.isUp) {
            const passedMs = (second - last.second) * 1_000;
            // The last one leaves, and comes, by its own rule.
            const isOfNone = count === 0 || former === 0;
            const least = isUp ? given.upAfterMs : given.downAfterMs;
            assert.ok(isOfNone || passedMs >= least, `${former} to ${count} after ${passedMs} ms`);
          }
          last = { second, isUp };
        }
      }),
    );
  });

  // Not at each moment: who went up a moment ago is asked for longer until it goes up once more.
  it("more of it never means fewer of them, once it stays as it is", () => {
    const pairs = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(someTerms, pairs, (given, list) => {
        const last = list.at(-1) ?? ([0, 0] as const);
        const stays = Array.from({ length: 400 }, () => last);
        const endOf = (loadOf: (pair: readonly [number, number]) => number) =>
          follow(
            [...list, ...stays].map((pair) => ({ load: loadOf(pair) })),
            given,
          ).at(-1) ?? 0;
        const less = endOf(([load]) => load);
        assert.ok(endOf(([load, extra]) => load + extra) >= less);
      }),
    );
  });
});
