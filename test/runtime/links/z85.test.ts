import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeZ85, encodeZ85 } from "#runtime/links/z85.ts";

test("Z85 writes what the RFC writes", () => {
  const bytes = Buffer.from("864fd26fb559f75b", "hex");
  assert.equal(encodeZ85(bytes), "HelloWorld");
  assert.deepEqual(decodeZ85("HelloWorld"), bytes);
});

test("bytes in fours come back as they were", () => {
  const fours = fc.uint8Array({ maxLength: 32 }).map((bytes) => bytes.subarray(bytes.length % 4));
  fc.assert(
    fc.property(fours, (bytes) => {
      assert.deepEqual(decodeZ85(encodeZ85(bytes)), Buffer.from(bytes));
    }),
  );
});

test("what Z85 cannot have written is refused", () => {
  for (const text of [
    "a",
    "abcd",
    "abcdef",
    "abcd ",
    "abc\u00e9d",
    "#####",
    "%nSc1",
    "\\\\\\\\\\",
  ]) {
    assert.equal(decodeZ85(text), undefined, text);
  }
  assert.deepEqual(decodeZ85("%nSc0"), Buffer.from("ffffffff", "hex"));
  assert.throws(() => encodeZ85(new Uint8Array(3)), /in fours, got 3/);
});
