import assert from "node:assert/strict";
import { test } from "node:test";
import { sparkline } from "../../../nodes/cli/sparkline.ts";

const rows = (...values: readonly (number | null)[]) =>
  values.flatMap((value, at) => (value === null ? [] : [{ at, value }]));

test("a chart has a bar for each column, from zero to the most, and gaps where nothing is known", () => {
  const at = { from: 0, to: 8, columns: 8 };
  assert.equal(sparkline(rows(0, 1, 2, 3, 4, 5, 6, 7), at), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline(rows(7, null, 0), { from: 0, to: 3, columns: 3 }), "█ ▁");
  assert.equal(sparkline(rows(0, 0), { from: 0, to: 2, columns: 2 }), "▁▁");
  assert.equal(sparkline([], { from: 0, to: 2, columns: 2 }), "  ");
});

test("several points of one column are their mean, and points beyond the time stay inside", () => {
  assert.equal(sparkline(rows(0, 2, 8, 8), { from: 0, to: 4, columns: 2 }), "▂█");
  assert.equal(sparkline([{ at: 9, value: 1 }], { from: 0, to: 4, columns: 2 }), " █");
});
