import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";

const codec = new PlainCodec();
const terms = { what: "it", bytesMax: 1_000_000 };

test("each kind of plain value comes back as it was", () => {
  const shape = (n: number) => ({ n, text: "é€😀", list: [n] });
  const values: readonly unknown[] = [
    null,
    undefined,
    true,
    -0.5,
    2 ** 53 - 1,
    -(2 ** 40),
    "",
    123456789012345678901234567890n,
    [[], {}, [shape(1), shape(2), shape(3)]],
    new Map<unknown, unknown>([
      ["a", 1],
      [2, new Map()],
    ]),
    new Set(["a", 2]),
    new Date(1_700_000_000_123),
    Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`k${index}`, { [`v${index}`]: 1 }]),
    ),
  ];
  for (const value of values)
    assert.deepEqual(codec.decode(codec.encode(value, terms), "it"), value);
});

test("byte arrays come back with their bytes, whatever their size", () => {
  for (const size of [0, 1, 4_095, 4_096, 100_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index);
    const back = codec.decode(codec.encode({ bytes }, terms), "it");
    assert.ok(typeof back === "object" && back !== null && "bytes" in back);
    assert.ok(back.bytes instanceof Uint8Array && Buffer.compare(back.bytes, bytes) === 0);
  }
});

test("the bytes are the caller's own, and each value stands alone", () => {
  const first = codec.encode({ a: 1, b: "x" }, terms);
  const copy = Uint8Array.from(first);
  codec.encode({ a: 2, b: "y" }, terms);
  assert.deepEqual(first, copy);
  assert.equal(first.buffer.byteLength, first.byteLength);
  assert.deepEqual(new PlainCodec().decode(first, "it"), { a: 1, b: "x" });
});

test("what is not plain is refused with its place", () => {
  class Account {}
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ act: () => 1 }, /it\.act is a function/],
    [[1, { who: new Account() }], /it\[1\]\.who is an instance of Account/],
    [Symbol("s"), /it is a symbol/],
    [JSON.parse('{"__proto__": 1}'), /reserved name/],
  ];
  for (const [value, message] of wrong) {
    assert.throws(() => codec.encode(value, terms), { code: "invalid", message });
  }
  const circle: unknown[] = [];
  circle.push(circle);
  assert.throws(() => codec.encode(circle, terms), { code: "invalid", message: /nested deeper/ });
});

test("too many bytes or values are refused", () => {
  const small = { what: "it", bytesMax: 10 };
  assert.throws(() => codec.encode("x".repeat(11), small), { code: "too_large" });
  assert.throws(() => codec.encode(new Uint8Array(10), small), { code: "too_large" });
  assert.ok(codec.encode(new Uint8Array(8), small));
  const many = Array.from({ length: 200_001 }, () => 0);
  assert.throws(() => codec.encode(many, terms), { code: "too_large", message: /values/ });
});

test("bytes that anyone may have made give a value or `corrupt`, never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        codec.decode(bytes, "it");
      } catch (failure) {
        assert.ok(failure instanceof Failure && failure.code === "corrupt");
      }
    }),
  );
  const good = codec.encode({ a: [1, 2, 3], b: "text" }, terms);
  for (let length = 0; length < good.length; length += 1) {
    assert.throws(() => codec.decode(good.subarray(0, length), "it"), { code: "corrupt" });
  }
  assert.throws(() => codec.decode(Buffer.concat([good, Buffer.of(1)]), "it"), { code: "corrupt" });
});

test("any plain data comes back the same", () => {
  const plain = fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true });
  fc.assert(
    fc.property(plain, (value) => {
      let bytes: Uint8Array;
      try {
        bytes = codec.encode(value, terms);
      } catch (failure) {
        assert.ok(failure instanceof Failure && failure.code === "invalid");
        return;
      }
      const again = codec.encode(codec.decode(bytes, "it"), terms);
      // As text, because Node.js does not hold two invalid dates for equal.
      const [back, first] = [codec.decode(again, "it"), codec.decode(bytes, "it")];
      assert.equal(fc.stringify(back), fc.stringify(first));
    }),
  );
});
