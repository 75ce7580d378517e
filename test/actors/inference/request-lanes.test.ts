import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RequestLanes, rankOf } from "#actors/inference/request-lanes.ts";

const at = (arrivedMs: number, priority = 2) => ({
  arrivedMs,
  priority,
  rank: rankOf(arrivedMs, priority),
});
type Request = ReturnType<typeof at>;

function lanesOf(requests: readonly Request[]): RequestLanes<Request> {
  const lanes = new RequestLanes<Request>();
  for (const request of requests) lanes.add(request);
  return lanes;
}

function emptied(lanes: RequestLanes<Request>): readonly Request[] {
  const all: Request[] = [];
  for (let next = lanes.take(); next; next = lanes.take()) all.push(next);
  return all;
}

const requests = fc
  .array(fc.tuple(fc.nat(200_000), fc.nat(9)), { maxLength: 40 })
  .map((list) => list.sort(([a], [b]) => a - b).map(([ms, priority]) => at(ms, priority)));

describe("what waits for an engine", () => {
  it("goes by priority, and by arrival within one", () => {
    const [calm, urgent, calmer, urgentToo] = [at(0, 5), at(1, 0), at(2, 9), at(3, 0)];
    const lanes = lanesOf([calm, urgent, calmer, urgentToo]);
    assert.equal(lanes.count, 4);
    assert.equal(lanes.oldestMs, 0);
    assert.deepEqual(emptied(lanes), [urgent, urgentToo, calm, calmer]);
    assert.equal(lanes.oldestMs, undefined);
  });

  it("of one moment and priority goes as it came", () => {
    const all = [at(7), at(7), at(7)];
    for (const [place, request] of emptied(lanesOf(all)).entries()) {
      assert.equal(request, all[place]);
    }
  });

  it("leaves at once, and only once", () => {
    const [first, second] = [at(0), at(1)];
    const lanes = lanesOf([first, second]);
    assert.equal(lanes.leave(first), true);
    assert.equal(lanes.leave(first), false);
    assert.equal(lanes.take(), second);
    assert.equal(lanes.leave(second), false, "an engine has it");
    assert.equal(lanes.take(), undefined);
  });

  it("is overtaken only by who comes within 30 s for each level after it", () => {
    fc.assert(
      fc.property(requests, (all) => {
        const order = emptied(lanesOf(all));
        assert.equal(order.length, all.length);
        for (const [place, later] of order.entries()) {
          for (const earlier of order.slice(0, place)) {
            if (earlier.arrivedMs <= later.arrivedMs) continue;
            const levels = later.priority - earlier.priority;
            assert.ok(earlier.arrivedMs - later.arrivedMs <= levels * 30_000);
          }
        }
      }),
    );
  });

  it("never waits for ever below a stream of more urgent ones", () => {
    const lanes = lanesOf([at(0, 9)]);
    let taken: Request | undefined;
    let ms = 0;
    for (; taken?.priority !== 9 && ms < 1_000_000; ms += 100) {
      lanes.add(at(ms, 0));
      taken = lanes.take();
    }
    assert.equal(taken?.priority, 9);
    assert.ok(ms <= 9 * 30_000 + 200, `after ${ms} ms`);
  });
});
