// The tests that a promise names exist, and each promise names some.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/guarantees.md"), "utf8");
const promises = page.split(/^## /m).slice(1);

for (const promise of promises) {
  const [title = ""] = promise.split("\n");
  test(`the tests that are to show "${title}" exist`, () => {
    const named = [...promise.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)];
    assert(named.length > 0, `no test is named under ${title}`);
    for (const [, file = "", name = ""] of named) {
      const text = readFileSync(join(root, file), "utf8");
      assert(text.includes(`test("${name}"`), `${file} has no test called: ${name}`);
    }
  });
}

test("the promises are those of the design, all twelve", () => {
  const numbers = promises.map((promise) => Number.parseInt(promise, 10));
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});
