import assert from "node:assert/strict";
import { test } from "node:test";
import { ForwardingTable } from "#runtime/cluster/migration/forwarding-table.ts";
import { MovedUids } from "#runtime/cluster/migration/moved-uids.ts";

const aid = "home~1#3";
const forward = { aid, epoch: 0, next: { node: "b~1", epoch: 1 } };

test("an entry leads one epoch on, even when the actor is back", () => {
  const table = new ForwardingTable(new MovedUids());
  table.add(forward, ["a~1"]);
  table.add({ aid, epoch: 2, next: { node: "c~1", epoch: 3 } }, ["a~1"]);
  assert.deepEqual(table.find(aid, 0)?.next, { node: "b~1", epoch: 1 });
  assert.equal(table.find(aid, 1), undefined);
  assert.deepEqual(table.newest(aid), { node: "c~1", epoch: 3 });
});

test("each origin is to be told once", () => {
  const table = new ForwardingTable(new MovedUids());
  table.add(forward, ["a~1"]);
  assert.equal(table.passed(forward, "a~1"), "untold");
  assert.equal(table.passed(forward, "a~1"), "told");
  assert.equal(table.passed(forward, "late~1"), "untold");
});

test("an entry is forgotten once all who may still come are past it or gone, and not before", () => {
  const uids = new MovedUids();
  const table = new ForwardingTable(uids);
  table.add(forward, ["a~1", "b~1"]);
  table.passed(forward, "c~1");
  table.ended(forward, "a~1");
  table.nodeRemoved("b~1");
  assert.equal(table.size, 1);
  table.ended(forward, "c~1");
  assert.equal(table.size, 0);
  // What comes nevertheless is looked up: that the actor was here is remembered until it ends.
  assert.equal(table.isForgotten(aid), true);
  assert.equal(uids.has(3), true);
  table.forget(aid);
  assert.equal(table.isForgotten(aid), false);
  assert.equal(uids.has(3), false);
});

test("who is asked about first is asked about last the next time", () => {
  const table = new ForwardingTable(new MovedUids());
  table.add(forward, ["a~1"]);
  table.add({ ...forward, aid: "home~1#4" }, ["a~1"]);
  assert.deepEqual(
    [...table.oldest(1), ...table.oldest(1)].map((passing) => passing.aid),
    [aid, "home~1#4"],
  );
});
