import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { incarnationAfter, rememberedIncarnation } from "#runtime/host/node-incarnation.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "incarnation-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the wall clock names the incarnation", () => {
  assert.equal(incarnationAfter(0, 1_700_000_000_123.9), 1_700_000_000_123);
});

test("a clock that was set back still gives a higher incarnation", () => {
  assert.equal(incarnationAfter(1_700_000_000_123, 1_600_000_000_000), 1_700_000_000_124);
});

test("each start is remembered, and the next one is higher whatever the clock says", () => {
  const file = join(folder, "new", "incarnation");
  assert.equal(rememberedIncarnation(file, 1000), 1000);
  assert.equal(rememberedIncarnation(file, 1000), 1001);
  assert.equal(rememberedIncarnation(file, 10), 1002);
  assert.equal(rememberedIncarnation(file, 5000), 5000);
  assert.deepEqual(readdirSync(join(folder, "new")), ["incarnation"]);
});

for (const damage of ["", "\n", "x12", "-4", "1.5", "Infinity", String(2 ** 53)]) {
  test(`a file that holds ${JSON.stringify(damage)} is refused with the way out`, () => {
    const file = join(folder, "incarnation");
    writeFileSync(file, damage);
    assert.throws(() => rememberedIncarnation(file, 1000), {
      code: "corrupt",
      message: /remove the file/,
    });
  });
}

test("a file that cannot be read is refused, not taken for absent", () => {
  assert.throws(() => rememberedIncarnation(folder, 1000), { code: "store_failed" });
});
