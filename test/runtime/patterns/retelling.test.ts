import assert from "node:assert/strict";
import { test } from "node:test";
import { Retelling } from "#runtime/patterns/retelling.ts";

const bad = { text: "it is bad" };
const good = { text: "it is good again" };

test("a notice that was lost is due until it is taken", () => {
  const notices = new Retelling<object>(2);
  notices.telling("a", bad);
  assert.deepEqual(notices.due(), [], "nobody has said that it was lost");
  notices.lost("a", bad);
  assert.deepEqual(notices.due(), [bad]);
  notices.telling("a", bad);
  assert.deepEqual(notices.due(), [], "it is under way again");
  notices.taken("a", bad);
  notices.lost("a", bad);
  assert.deepEqual(notices.due(), []);
});

test("an older notice of a subject is not told after a newer one", () => {
  const notices = new Retelling<object>(2);
  notices.telling("a", bad);
  notices.telling("a", good);
  notices.lost("a", bad);
  assert.deepEqual(notices.due(), []);
  notices.lost("a", good);
  assert.deepEqual(notices.due(), [good]);
});

test("of more subjects than there is room for, the oldest is given up", () => {
  const notices = new Retelling<object>(2);
  for (const subject of ["a", "b", "c"]) notices.telling(subject, bad);
  for (const subject of ["a", "b", "c"]) notices.lost(subject, bad);
  assert.equal(notices.due().length, 2);
});
