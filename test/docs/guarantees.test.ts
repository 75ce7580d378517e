// The tests that a promise names exist, and each promise names some.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertExists, namedTests, pageText, sectionsOf } from "./named-tests.ts";

const promises = sectionsOf(pageText("docs/guarantees.md"));

for (const [title, promise] of promises) {
  test(`the tests that are to show "${title}" exist`, () => {
    const named = namedTests(promise);
    assert(named.length > 0, `no test is named under ${title}`);
    for (const each of named) assertExists(each);
  });
}

test("the promises are those of the design, all twelve", () => {
  const numbers = [...promises.keys()].map((title) => Number.parseInt(title, 10));
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

const durability = sectionsOf(pageText("docs/durability.md"));
const untested = new Set(["What is not promised"]);

for (const [title, section] of durability) {
  test(`durability: each line of the tables under "${title}" names tests that exist`, () => {
    for (const each of namedTests(section)) assertExists(each);
    const rows = section.split("\n").filter((line) => /^\| (?!-)/.test(line));
    const silent = rows.filter((row) => !/shown by \|$/.test(row) && namedTests(row).length === 0);
    assert.deepEqual(silent, []);
    assert.ok(rows.length > 0 || namedTests(section).length > 0 || untested.has(title), title);
  });
}

test("durability: every level of acknowledgement stands in the table, for each store that gives it", () => {
  const table = durability.get("What each acknowledgement survives") ?? "";
  const given = [...table.matchAll(/^\| (\w+)[^|]*\| `(\w+)`/gm)].map(
    ([, store, level]) => `${store} ${level}`,
  );
  const expected = [
    ...["memory accepted", "SQLite process", "SQLite durable"],
    ...["Redis accepted", "Redis process", "Redis durable", "Redis replicated"],
  ];
  for (const each of expected) assert.ok(given.includes(each), `${each} is not in the table`);
});
