import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monitorsOf, watchedBy } from "#runtime/cluster/membership/monitors.ts";

const named = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `node-${index}`);

const pairsOf = (names: readonly string[], monitors: number): ReadonlySet<string> =>
  new Set(names.flatMap((self) => watchedBy(self, names, monitors).map((of) => `${self}>${of}`)));

test("every node is watched by k others, or by all where there are fewer", () => {
  const anyCluster = fc.tuple(
    fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxLength: 30 }),
    fc.integer({ min: 3, max: 9 }),
  );
  fc.assert(
    fc.property(anyCluster, ([names, monitors]) => {
      const pairs = pairsOf(names, monitors);
      for (const name of names) {
        const watchers = monitorsOf(name, names, monitors);
        assert.equal(watchers.length, Math.min(monitors, names.length - 1));
        for (const watcher of watchers) assert(pairs.has(`${watcher}>${name}`));
      }
      assert.equal(pairs.size, names.length * Math.max(0, Math.min(monitors, names.length - 1)));
    }),
  );
});

test("the order in which members are known means nothing", () => {
  const names = named(40);
  assert.deepEqual(pairsOf([...names].reverse(), 5), pairsOf(names, 5));
});

test("of 500 nodes none watches more than three times the mean", () => {
  const names = named(500);
  const loads = names.map((self) => watchedBy(self, names, 5).length);
  assert.equal(
    loads.reduce((sum, load) => sum + load, 0),
    2_500,
  );
  assert(Math.max(...loads) <= 15, `one watches ${Math.max(...loads)}`);
});

test("a node that leaves moves only the watches that were its own or of it", () => {
  const names = named(60);
  const before = pairsOf(names, 5);
  for (const left of ["node-0", "node-17", "node-59"]) {
    const after = pairsOf(
      names.filter((name) => name !== left),
      5,
    );
    const gone = [...before].filter((pair) => !after.has(pair));
    const come = [...after].filter((pair) => !before.has(pair));
    assert(gone.every((pair) => pair.split(">").includes(left)));
    // Each that it watched gets one other; nobody else's changes.
    assert.equal(come.length, gone.filter((pair) => pair.startsWith(`${left}>`)).length);
  }
});

test("fewer than three or more than nine monitors are refused", () => {
  for (const monitors of [2, 10, 3.5, Number.NaN]) {
    assert.throws(() => watchedBy("a", ["a", "b"], monitors), { code: "invalid" });
  }
});
