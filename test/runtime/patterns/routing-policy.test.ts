import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { poolOf } from "#runtime/patterns/actor-pool.ts";
import { routerOf } from "#runtime/patterns/actor-router.ts";
import { hashedName } from "#runtime/patterns/rendezvous-hash.ts";
import { choose, type RoutingKind } from "#runtime/patterns/routing-policy.ts";
import { Puppet, PuppetActor } from "../core/puppet.ts";

const kinds: readonly RoutingKind[] = [
  "round-robin",
  "random",
  "least-loaded",
  "consistent",
  "broadcast",
  "scatter-gather-first",
];
const withLoads = (...loads: readonly number[]) =>
  loads.map((load, index) => ({ ...hashedName(`w${index}`), load }));
const request = { turn: 0, chance: 0, key: "" };

test("among nobody every policy chooses nobody", () => {
  for (const kind of kinds) assert.deepEqual(choose(kind, [], request), []);
});

test("every policy chooses positions that exist, whatever turn, chance and key", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.string(),
      (kind, loads, turn, chance, key) => {
        const chosen = choose(kind, withLoads(...loads), { turn, chance, key });
        assert.ok(chosen.length === 1 || chosen.length === loads.length);
        for (const index of chosen) assert.ok(Number.isInteger(index) && index in loads);
      },
    ),
  );
});

test("round-robin gives each its turn", () => {
  const turns = [0, 1, 2, 3, 4].map((turn) =>
    choose("round-robin", withLoads(0, 0, 0), { ...request, turn }),
  );
  assert.deepEqual(turns, [[0], [1], [2], [0], [1]]);
});

test("least-loaded takes a smallest load, and equals take turns", () => {
  const at = (turn: number, ...loads: readonly number[]) =>
    choose("least-loaded", withLoads(...loads), { ...request, turn });
  assert.deepEqual(at(0, 3, 1, 2), [1]);
  assert.deepEqual(at(2, 3, 1, 2), [1]);
  assert.deepEqual(
    [0, 1, 2, 3].map((turn) => at(turn, 0, 0, 5)),
    [[0], [1], [0], [0]],
  );
});

test("random goes by chance, consistent by key alone", () => {
  const four = withLoads(0, 9, 0, 9);
  assert.deepEqual(choose("random", four, { ...request, chance: 0.999 }), [3]);
  const owner = choose("consistent", four, { ...request, key: "a" });
  assert.deepEqual(choose("consistent", four, { turn: 7, chance: 0.9, key: "a" }), owner);
});

test("broadcast and scatter-gather-first take all", () => {
  assert.deepEqual(choose("broadcast", withLoads(1, 2), request), [0, 1]);
  assert.deepEqual(choose("scatter-gather-first", withLoads(1, 2), request), [0, 1]);
});

test("a policy that there is not is refused where a router or a pool is declared", () => {
  const policy = JSON.parse('{ "kind": "fastest" }');
  const refused = { code: "invalid", message: /by "fastest"; take one of round-robin, random/ };
  assert.throws(() => routerOf(Puppet, { policy }), refused);
  assert.throws(() => poolOf(PuppetActor, { size: 1, policy }), refused);
});
