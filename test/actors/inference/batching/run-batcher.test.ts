import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type BatchDecision,
  type BatchTerms,
  batchItemsMax,
  RunBatcher,
} from "#actors/inference/batching/run-batcher.ts";
import { Failure } from "#protocols/failure.ts";

const terms: BatchTerms = { itemsMax: 4, preferred: [], delayMsMax: 10 };
const never = Number.POSITIVE_INFINITY;

interface Arrival {
  readonly id: number;
  readonly at: number;
  readonly bucket?: string;
  readonly deadlineMs?: number;
}

function batcherWith(arrivals: readonly Arrival[], given: Partial<BatchTerms> = {}): RunBatcher {
  const batcher = new RunBatcher({ ...terms, ...given });
  for (const { id, at, bucket = "small", deadlineMs = never } of arrivals) {
    batcher.add({ id, bucket, arrivedMs: at, deadlineMs });
  }
  return batcher;
}

const run = (items: readonly number[], bucket = "small"): BatchDecision => ({
  kind: "run",
  bucket,
  items,
});
const wait = (untilMs: number): BatchDecision => ({ kind: "wait", untilMs });
const some = (count: number, at = 0): readonly Arrival[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, at }));

describe("how long a run takes", () => {
  const soon = (bucket: string) => [{ id: 1, at: 0, bucket, deadlineMs: 100 }];
  const slow: Partial<BatchTerms> = { delayMsMax: 1_000 };

  it("is remembered of the buckets that were measured last", () => {
    const batcher = batcherWith(soon("kept"), slow);
    batcher.measured("kept", 1, 30);
    for (let other = 0; other < 255; other++) batcher.measured(`other ${other}`, 1, 1);
    batcher.measured("kept", 1, 30);
    batcher.measured("one more", 1, 1);
    assert.deepEqual(batcher.next(0), wait(70));
    const forgetful = batcherWith(soon("kept"), slow);
    forgetful.measured("kept", 1, 30);
    for (let other = 0; other < 256; other++) forgetful.measured(`other ${other}`, 1, 1);
    assert.deepEqual(forgetful.next(0), wait(99), "as long as the slowest of the others");
  });

  it("is not learnt from runs of more items than a batch has", () => {
    const batcher = batcherWith(soon("kept"), slow);
    batcher.measured("kept", 5, 500);
    batcher.measured("kept", 0, 30);
    assert.deepEqual(batcher.next(0), wait(100));
  });
});

describe("when a batch runs", () => {
  it("nothing waits: never", () => {
    assert.deepEqual(batcherWith([]).next(0), { kind: "idle" });
  });

  it("one item waits for others, but not longer than the delay", () => {
    assert.deepEqual(batcherWith(some(1)).next(9), wait(10));
    assert.deepEqual(batcherWith(some(1)).next(10), run([1]));
  });

  it("without a delay at once, with whatever is there", () => {
    assert.deepEqual(batcherWith(some(3), { delayMsMax: 0 }).next(0), run([1, 2, 3]));
  });

  it("a full one at once; what is left over waits for its own time", () => {
    const batcher = batcherWith(some(5));
    assert.deepEqual(batcher.next(0), run([1, 2, 3, 4]));
    assert.deepEqual(batcher.next(0), wait(10));
    assert.deepEqual(batcher.next(10), run([5]));
    assert.equal(batcher.count, 0);
  });

  it("a preferred size at once", () => {
    assert.deepEqual(batcherWith(some(1), { preferred: [2] }).next(0), wait(10));
    assert.deepEqual(batcherWith(some(2), { preferred: [2] }).next(0), run([1, 2]));
    assert.deepEqual(batcherWith(some(3), { preferred: [2] }).next(0), wait(10));
  });

  it("only what is alike joins", () => {
    const batcher = batcherWith([
      ...[1, 3, 5].map((id) => ({ id, at: id })),
      ...[2, 4].map((id) => ({ id, at: id, bucket: "large" })),
    ]);
    assert.deepEqual(batcher.next(10), wait(11));
    assert.deepEqual(batcher.next(12), run([1, 3, 5]));
    assert.deepEqual(batcher.next(12), run([2, 4], "large"));
  });

  it("of two that are due the one whose oldest item came first", () => {
    const full = [2, 3, 4, 5].map((id) => ({ id, at: 1, bucket: "large" }));
    const batcher = batcherWith([{ id: 1, at: 0 }, ...full]);
    assert.deepEqual(batcher.next(10), run([1]));
    assert.deepEqual(batcher.next(10), run([2, 3, 4, 5], "large"));
  });
});

describe("while it pays", () => {
  const paying = { delayMsMax: "while it pays" } as const;

  it("what nobody has run yet waits five milliseconds", () => {
    const batcher = batcherWith(some(1), paying);
    assert.deepEqual(batcher.next(4), wait(5));
    assert.deepEqual(batcher.next(5), run([1]));
  });

  it("what has run alone runs at once", () => {
    const batcher = batcherWith([], paying);
    batcher.measured("small", 1, 60);
    batcher.add({ id: 1, bucket: "small", arrivedMs: 0, deadlineMs: never });
    assert.deepEqual(batcher.next(0), run([1]));
  });

  /** Where one run costs as much as any other, and four have come right behind the first, three times. */
  function batcherThatWaits(): RunBatcher {
    const batcher = batcherWith([], paying);
    for (const size of [1, 4]) batcher.measured("small", size, 60);
    for (let at = 0; at < 3_000; at += 1_000) {
      batcher.add({ id: 0, bucket: "small", arrivedMs: at, deadlineMs: never });
      assert.deepEqual(batcher.next(at), run([0]));
      for (const id of [1, 2, 3, 4]) {
        batcher.add({ id, bucket: "small", arrivedMs: at + 1, deadlineMs: never });
      }
      assert.deepEqual(batcher.next(at + 60), run([1, 2, 3, 4]));
    }
    return batcher;
  }

  it("those who would be late do not wait for others", () => {
    const batcher = batcherThatWaits();
    batcher.add({ id: 1, bucket: "small", arrivedMs: 5_000, deadlineMs: never });
    assert.deepEqual(batcher.next(5_000), wait(5_060));
    assert.equal(batcher.withdraw(1), true);
    batcher.add({ id: 2, bucket: "small", arrivedMs: 5_010, deadlineMs: 5_090 });
    assert.deepEqual(batcher.next(5_010), wait(5_030));
    assert.deepEqual(batcher.next(5_030), run([2]));
  });

  it("another bucket that is run meanwhile puts nobody off", () => {
    const batcher = batcherThatWaits();
    batcher.add({ id: 1, bucket: "small", arrivedMs: 5_000, deadlineMs: never });
    assert.deepEqual(batcher.next(5_000), wait(5_060));
    batcher.measured("large", 1, 50);
    for (const at of [5_001, 5_051]) {
      batcher.add({ id: at, bucket: "large", arrivedMs: at, deadlineMs: never });
      assert.deepEqual(batcher.next(at), run([at], "large"));
    }
    batcher.add({ id: 2, bucket: "large", arrivedMs: 5_101, deadlineMs: never });
    assert.deepEqual(batcher.next(5_101), run([1]));
  });
});

describe("deadlines", () => {
  it("an item that would be late runs before its delay is over, with the others", () => {
    const batcher = batcherWith([
      { id: 1, at: 0 },
      { id: 2, at: 1, deadlineMs: 30 },
    ]);
    batcher.measured("small", 2, 25);
    assert.deepEqual(batcher.next(4), wait(5));
    assert.deepEqual(batcher.next(5), run([1, 2]));
  });

  it("what was never measured is taken to take no time", () => {
    const batcher = batcherWith([{ id: 1, at: 0, deadlineMs: 6 }]);
    assert.deepEqual(batcher.next(5), wait(6));
    assert.deepEqual(batcher.next(6), run([1]));
  });

  it("other sizes and buckets: by the nearest size in proportion, and not at all", () => {
    const batcher = batcherWith([{ id: 1, at: 0, deadlineMs: 9 }]);
    batcher.measured("large", 1, 1_000);
    batcher.measured("small", 4, 16);
    assert.deepEqual(batcher.next(4), wait(5));
    assert.deepEqual(batcher.next(5), run([1]));
  });

  it("newer times count for a quarter; the first one, which costs more, not at all", () => {
    const batcher = batcherWith([{ id: 1, at: 0, deadlineMs: 9 }]);
    for (const ms of [400, 4, 8]) batcher.measured("small", 1, ms);
    assert.deepEqual(batcher.next(0), wait(4));
  });

  it("what has not run yet takes as long as the slowest that has", () => {
    const batcher = batcherWith([{ id: 1, at: 0, deadlineMs: 9 }]);
    batcher.measured("warm", 1, 3);
    batcher.measured("warmer", 1, 6);
    assert.deepEqual(batcher.next(0), wait(3));
    batcher.measured("small", 1, 1);
    assert.deepEqual(batcher.next(0), wait(8));
  });
});

it("who is withdrawn does not run, and can be withdrawn once", () => {
  const batcher = batcherWith(some(2));
  assert.equal(batcher.withdraw(1), true);
  assert.equal(batcher.withdraw(1), false);
  assert.deepEqual(batcher.next(10), run([2]));
  assert.equal(batcher.withdraw(2), false);
  assert.deepEqual(batcher.next(10), { kind: "idle" });
});

it("a full batcher refuses the newest", () => {
  const batcher = batcherWith(some(batchItemsMax));
  const one = { id: 0, bucket: "small", arrivedMs: 0, deadlineMs: never };
  const isFull = (why: unknown): boolean => why instanceof Failure && why.code === "queue_full";
  assert.throws(() => batcher.add(one), isFull);
  batcher.next(0);
  batcher.add(one);
});

it("terms that contradict themselves are refused", () => {
  for (const wrong of [
    { itemsMax: 0 },
    { delayMsMax: -1 },
    { preferred: [5] },
    { preferred: [2, 2] },
    { preferred: [0] },
  ]) {
    assert.throws(() => new RunBatcher({ ...terms, ...wrong }), Failure, JSON.stringify(wrong));
  }
});

it("whatever comes: each item runs once, in order, in time, and with its like", () => {
  const arrival = fc.record({
    afterMs: fc.nat(8),
    bucket: fc.constantFrom("small", "large", "odd"),
    slackMs: fc.option(fc.nat(20), { nil: never }),
  });
  const anyTerms = fc.record({
    itemsMax: fc.integer({ min: 1, max: 5 }),
    preferred: fc.constant([]),
    delayMsMax: fc.nat(12),
  });
  fc.assert(
    fc.property(anyTerms, fc.array(arrival, { maxLength: 40 }), (given, arrivals) => {
      const batcher = new RunBatcher(given);
      const items = new Map<number, { bucket: string; at: number; deadlineMs: number }>();
      const ran: number[] = [];
      let now = 0;
      const drain = (untilMs: number): void => {
        for (;;) {
          const decision = batcher.next(now);
          if (decision.kind === "run") {
            assert.ok(decision.items.length >= 1 && decision.items.length <= given.itemsMax);
            for (const id of decision.items) {
              const item = items.get(id);
              assert.equal(item?.bucket, decision.bucket);
              assert.ok(now <= Math.max(item?.at ?? 0, (item?.at ?? 0) + given.delayMsMax));
              ran.push(id);
            }
          } else {
            if (decision.kind === "idle" || decision.untilMs > untilMs) return;
            assert.ok(decision.untilMs > now, "it asks to be asked again later, not now");
            now = decision.untilMs;
          }
        }
      };
      for (const [id, { afterMs, bucket, slackMs }] of arrivals.entries()) {
        const arrivesMs = now + afterMs;
        drain(arrivesMs);
        now = arrivesMs;
        const item = { bucket, at: now, deadlineMs: now + slackMs };
        items.set(id, item);
        batcher.add({ id, bucket, arrivedMs: now, deadlineMs: item.deadlineMs });
      }
      drain(never);
      assert.equal(new Set(ran).size, arrivals.length);
      assert.equal(ran.length, arrivals.length);
      for (const bucket of ["small", "large", "odd"]) {
        const order = ran.filter((id) => items.get(id)?.bucket === bucket);
        assert.deepEqual(
          order,
          [...order].sort((a, b) => a - b),
        );
      }
    }),
  );
});
