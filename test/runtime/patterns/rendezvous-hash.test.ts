import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hashedName, ownerOf, ownersOf } from "#runtime/patterns/rendezvous-hash.ts";

const names = fc
  .uniqueArray(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 12 })
  .map((list) => list.map(hashedName));
const keys = fc.array(fc.string(), { minLength: 1, maxLength: 40 });

test("nobody owns a key when there is nobody", () => {
  assert.equal(ownerOf("key", []), -1);
  assert.deepEqual(ownersOf("key", [], 2), []);
});

test("the owner is the first of the owners, and none stands there twice", () => {
  fc.assert(
    fc.property(names, fc.string(), fc.nat(14), (owners, key, count) => {
      const all = ownersOf(key, owners, count);
      assert.equal(all.length, Math.min(count, owners.length));
      assert.equal(new Set(all).size, all.length);
      if (count > 0) assert.equal(all[0], ownerOf(key, owners));
    }),
  );
});

test("the order of the list means nothing", () => {
  fc.assert(
    fc.property(names, fc.string(), (owners, key) => {
      const reversed = owners.toReversed();
      assert.equal(owners[ownerOf(key, owners)]?.name, reversed[ownerOf(key, reversed)]?.name);
    }),
  );
});

test("an owner that goes leaves only its own keys, to those who were second", () => {
  fc.assert(
    fc.property(names, keys, fc.nat(), (owners, all, chosen) => {
      const gone = owners[chosen % owners.length];
      const rest = owners.filter((owner) => owner !== gone);
      for (const key of all) {
        const [first, second] = ownersOf(key, owners, 2).map((index) => owners[index]);
        const now = rest[ownerOf(key, rest)];
        assert.equal(now?.name, first === gone ? second?.name : first?.name);
      }
    }),
  );
});

test("of ten owners each has about a tenth of 20,000 keys, and an eleventh moves an eleventh", () => {
  const owners = Array.from({ length: 11 }, (_, index) => hashedName(`node-${index}/worker`));
  const ten = owners.slice(0, 10);
  const counts = new Map<number, number>();
  let moved = 0;
  for (let key = 0; key < 20_000; key += 1) {
    const before = ownerOf(`user:${key}`, ten);
    counts.set(before, (counts.get(before) ?? 0) + 1);
    if (ownerOf(`user:${key}`, owners) !== before) moved += 1;
  }
  for (const count of counts.values()) assert.ok(Math.abs(count - 2_000) < 200, `${count}`);
  assert.ok(Math.abs(moved - 20_000 / 11) < 200, `${moved}`);
});
