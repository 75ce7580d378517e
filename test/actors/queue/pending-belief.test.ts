import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingBelief } from "#actors/queue/pending-belief.ts";

test("nothing is believed of who has not found nothing yet", () => {
  const belief = new PendingBelief();
  belief.came(3);
  assert.equal(belief.since(undefined), Number.POSITIVE_INFINITY);
});

test("what came after a claim found nothing waits, less what was granted since", () => {
  const belief = new PendingBelief();
  belief.came(5);
  const { stamp } = belief;
  belief.came(2);
  belief.granted(5); // Its own, and those of claims before it.
  const dry = belief.dryAfter(stamp);
  assert.equal(belief.since(dry), 2, "came while it was being answered");
  belief.came(6);
  belief.granted(3);
  assert.equal(belief.since(dry), 5);
});

test("what the queues hold counts for whoever found nothing before they were seen", () => {
  const belief = new PendingBelief();
  belief.came(8); // Into a queue that is paused.
  const { stamp } = belief;
  const before = belief.dryAfter(stamp);
  assert.equal(belief.since(before), 0);
  belief.seen(8);
  assert.equal(belief.since(before), 8);
  assert.equal(belief.since(belief.dryAfter(stamp)), 8, "sent before, answered later");
  belief.granted(8);
  assert.equal(belief.since(before), 0);
  assert.equal(belief.since(belief.dryAfter(belief.stamp)), 0);
});
