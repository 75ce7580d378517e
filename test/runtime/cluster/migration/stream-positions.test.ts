import assert from "node:assert/strict";
import { test } from "node:test";
import { migrationLimits } from "#protocols/cluster/migration.ts";
import { MovedUids } from "#runtime/cluster/migration/moved-uids.ts";
import { StreamPositions } from "#runtime/cluster/migration/stream-positions.ts";

const aid = "home~1#7";

function makePositions() {
  const uids = new MovedUids();
  const removed = new Set<string>();
  const clock = { nowMs: 0 };
  let probe = 0;
  const positions = new StreamPositions({
    self: "me~1",
    uids,
    now: () => clock.nowMs,
    isRemoved: (node) => removed.has(node),
    nextProbe: () => ++probe,
  });
  const remove = (node: string): void => {
    removed.add(node);
    positions.nodeRemoved(node);
  };
  return { positions, uids, clock, remove };
}

test("an actor that never moved has no entry, and is addressed at its birth node", () => {
  const { positions, uids } = makePositions();
  const { node, header } = positions.stamp(aid);
  assert.deepEqual([node, header.version, header.epoch, header.start], ["home~1", 0, 0, false]);
  assert.equal(positions.size, 0);
  assert.equal(uids.has(7), false);
});

test("the last item on the old path is a flush, and the next goes the new way", () => {
  const { positions, uids } = makePositions();
  const own = positions.learn(aid, { node: "b~1", epoch: 2 });
  assert.equal(own?.node, "home~1");
  assert.deepEqual(own?.item.body, { kind: "flush", to: 2, probe: 1 });
  assert.equal(own?.item.version, 0);
  const { node, header } = positions.stamp(aid);
  assert.deepEqual([node, header.version, header.start], ["b~1", 2, false]);
  assert.equal(uids.has(7), true);
});

test("older news change nothing", () => {
  const { positions } = makePositions();
  positions.learn(aid, { node: "b~1", epoch: 2 });
  assert.equal(positions.learn(aid, { node: "c~1", epoch: 2 }), undefined);
  assert.equal(positions.learn(aid, { node: "c~1", epoch: 1 }), undefined);
  assert.equal(positions.stamp(aid).node, "b~1");
});

test("who begins at the present place flushes nothing, and says so with the first item only", () => {
  const { positions } = makePositions();
  assert.equal(positions.begin(aid, { node: "b~1", epoch: 2 }), true);
  assert.equal(positions.learn(aid, { node: "c~1", epoch: 3 }), undefined);
  assert.equal(positions.stamp(aid).header.start, true);
  assert.equal(positions.stamp(aid).header.start, false);
});

test("an unconfirmed flush is doubted only once a removal has settled, and a confirmed one never", () => {
  const { positions, clock, remove } = makePositions();
  const own = positions.learn(aid, { node: "b~1", epoch: 2 });
  const other = "home~1#8";
  positions.learn(other, { node: "b~1", epoch: 2 });
  positions.confirm(2);
  clock.nowMs = 10 * migrationLimits.settleMs;
  assert.deepEqual(positions.suspects(), []);
  remove("relay~1");
  assert.deepEqual(positions.suspects(), []);
  clock.nowMs += migrationLimits.settleMs;
  assert.deepEqual(positions.suspects(), [aid]);
  positions.resolving(aid);
  assert.deepEqual(positions.suspects(), []);
  const anew = positions.resolved(aid, { node: "c~1", epoch: 3 });
  assert.equal(own?.item.start, false);
  assert.equal(anew?.item.start, true);
  assert.equal(anew?.item.body.kind, "probe");
});

test("a later flush does not make an earlier doubt younger", () => {
  const { positions } = makePositions();
  positions.learn(aid, { node: "b~1", epoch: 2 });
  positions.broken(aid, 0);
  assert.deepEqual(positions.suspects(), [aid]);
  positions.learn(aid, { node: "c~1", epoch: 3 });
  assert.deepEqual(positions.suspects(), [aid]);
});

test("a removed host makes the stream begin anew elsewhere, not at a place that was left", () => {
  const { positions, remove } = makePositions();
  positions.learn(aid, { node: "b~1", epoch: 2 });
  remove("b~1");
  assert.equal(positions.stateOf(aid), "lost");
  assert.equal(positions.isOutdated(aid, { node: "b~1", epoch: 2 }), true);
  assert.equal(positions.isOutdated(aid, { node: "c~1", epoch: 3 }), false);
});

test("at its bound nothing more is learnt, and the old path is kept", () => {
  const { positions } = makePositions();
  for (let uid = 1; uid <= migrationLimits.positionsMax; uid++) {
    positions.begin(`other~1#${uid}`, { node: "b~1", epoch: 1 });
  }
  assert.equal(positions.learn(aid, { node: "b~1", epoch: 1 }), undefined);
  assert.equal(positions.stamp(aid).node, "home~1");
  positions.forget("other~1#1");
  assert.notEqual(positions.learn(aid, { node: "b~1", epoch: 1 }), undefined);
});
