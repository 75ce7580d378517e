import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { readMessagePack, writeMessagePack } from "#protocols/codec-message-pack.ts";
import { Failure } from "#protocols/failure.ts";

const bounds = { valuesMax: 10_000, depthMax: 32 };
const read = (bytes: Uint8Array): unknown => readMessagePack(bytes, bounds);
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

const key = fc
  .string({ maxLength: 8 })
  .filter((name) => name !== "__proto__" && name !== "__keys__");
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0 || 0),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value;

test("what is written is read again", () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.deepEqual(read(writeMessagePack(value)), value);
    }),
    { numRuns: 300 },
  );
});

test("every form of a number, a text and a container is read", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["7f", 127],
    ["e0", -32],
    ["cc ff", 255],
    ["cd 01 00", 256],
    ["ce ff ff ff ff", 4_294_967_295],
    ["cf 00 1f ff ff ff ff ff ff", Number.MAX_SAFE_INTEGER],
    ["d0 80", -128],
    ["d1 80 00", -32_768],
    ["d2 80 00 00 00", -2_147_483_648],
    ["d3 ff ff ff ff ff ff ff ff", -1],
    ["ca 3f 80 00 00", 1],
    ["cb 3f f8 00 00 00 00 00 00", 1.5],
    ["a1 61", "a"],
    ["d9 01 61", "a"],
    ["da 00 01 61", "a"],
    ["db 00 00 00 01 61", "a"],
    ["91 c0", [null]],
    ["dc 00 01 c3", [true]],
    ["dd 00 00 00 01 c2", [false]],
    ["81 a1 61 40", { a: 64 }],
    ["de 00 01 a1 61 40", { a: 64 }],
    ["df 00 00 00 01 a1 61 40", { a: 64 }],
  ];
  for (const [bytes, value] of cases) assert.deepEqual(read(hex(bytes)), value, bytes);
});

test("what has no meaning is refused with the place", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["", /ends too early/],
    ["c1", /byte string or an extension/],
    ["c4 01 00", /byte string or an extension/],
    ["d4 72 40", /byte string or an extension/],
    ["dd ff ff ff ff", /ends too early/],
    ["df 7f ff ff ff a1 61", /ends too early/],
    ["81 01 01", /a key is no text/],
    ["82 a1 61 01 a1 61 02", /twice/],
    ["81 a9 5f 5f 70 72 6f 74 6f 5f 5f 01", /__proto__/],
    ["cb 7f f0 00 00 00 00 00 00", /no number that JSON has/],
    ["cf ff ff ff ff ff ff ff ff", /beyond 2\^53/],
    ["a1 ff", /UTF-8/],
    ["01 02", /1 bytes follow/],
    [`${"91".repeat(33)}01`, /nested/],
  ];
  for (const [bytes, text] of refused) {
    assert.throws(() => read(hex(bytes)), { code: "invalid", detail: text }, bytes);
  }
});

test("no bytes whatever do more than be refused", () => {
  const packr = new Packr({ moreTypes: true });
  const packed = fc.anything().map((value) => new Uint8Array(packr.pack(value)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), packed), (bytes) => {
      try {
        read(bytes);
      } catch (cause) {
        assert.ok(cause instanceof Failure && cause.code === "invalid");
      }
    }),
    { numRuns: 2_000 },
  );
});
