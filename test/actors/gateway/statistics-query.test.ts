import assert from "node:assert/strict";
import { test } from "node:test";
import { statisticsQueryIn } from "#actors/gateway/statistics-query.ts";

const now = 1_800_000_000_000 + 1;
const asked = (text: string) => statisticsQueryIn(new URLSearchParams(text), now);

test("steps are as short as are kept and not too many, unless they are named", () => {
  const stepOf = (text: string) => asked(`series=queue.pending&${text}`).stepMs;
  assert.equal(stepOf(""), 10_000);
  assert.equal(stepOf("since=7200000"), 60_000);
  assert.equal(stepOf(`since=${3 * 86_400_000}`), 3_600_000);
  assert.equal(stepOf(`from=${now - 2 * 86_400_000}&to=${now - 2 * 86_400_000 + 60_000}`), 60_000);
  assert.equal(stepOf("since=7200000&step=10000"), 10_000);
});

test("the time is widened to whole steps, and holds the present", () => {
  const { from, to, stepMs } = asked("series=queue.pending&since=60000");
  assert.deepEqual([from % stepMs, to % stepMs], [0, 0]);
  assert.ok(from <= now - 60_000 && to > now);
});

const refusals: readonly (readonly [string, RegExp])[] = [
  ["series=queue.waiting", /no series "queue\.waiting"; there are queue\.pending/],
  ["series=constructor", /no series "constructor"/],
  ["series=queue.pending&queue=default", /"queue" is none of series, of, since/],
  ["series=queue.pending&since=1h", /"since" must be milliseconds/],
  ["series=queue.pending&from=5&to=5", /"from" \(5\) must be before "to" \(5\)/],
  ["series=queue.pending&step=5", /"step" must be one of 10000, 60000, 3600000/],
  [`series=queue.pending&since=${2 * 86_400_000}&step=10000`, /kept for 1 days/],
  [`series=queue.pending&since=${20 * 3_600_000}&step=10000`, /720[01] points are too many/],
];
for (const [text, reason] of refusals) {
  test(`${text} is refused with what can be asked`, () => {
    assert.throws(() => asked(text), { code: "invalid", message: reason });
  });
}
