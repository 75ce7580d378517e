// What the writer makes of values: what its reader reads, and msgpackr where no text comes again, in one
// walk that leaves no trace when it fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { headerBytes } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";
import { RecentTexts } from "#protocols/recent-texts.ts";

class NoRef {}
const codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: () => undefined },
});
const to = { path: "/user/a", uid: 1 };
const context = { sender: { ...to, protocolId: "demo.A@1" }, trace: "", chain: [] };
const tell = (...args: unknown[]): Envelope => ({ kind: "tell", to, method: "add", args });

function roundTrip(envelopes: readonly Envelope[]): readonly Envelope[] {
  const writer = codec.writer();
  for (const envelope of envelopes) assert.equal(writer.add(envelope), "added");
  return codec.decode(writer.close());
}

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, false, -0, 2 ** 31, 2 ** 32, -(2 ** 31), Number.NaN),
    fc.integer(),
    fc.double(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
    fc.string({ unit: "grapheme", maxLength: 80 }),
    // Node.js does not hold two invalid dates for equal.
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), tie("value"), { maxKeys: 20 }),
    fc.array(fc.tuple(fc.string(), tie("value"))).map((pairs) => new Map(pairs)),
    fc.uniqueArray(fc.string()).map((items) => new Set(items)),
  ),
})).value;
const isReserved = (value: unknown): boolean => JSON.stringify(value, shown).includes("__proto__");
const shown = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value instanceof Map ? [...value] : value;

test("any plain values of one batch come back as they were", () => {
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 12 }), (values) => {
      fc.pre(!isReserved(values));
      const envelopes = values.map((value) => tell(value));
      assert.deepEqual(
        roundTrip(envelopes),
        envelopes.map((each) => copied(each)),
      );
    }),
    { numRuns: 400 },
  );
});

/** Objects without a prototype come back as plain ones. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copied(item)]));
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]));
}

test("msgpackr reads numbers, texts and records of every size", () => {
  const edges = [0x3f, 0x40, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 2 ** 32, -1, -32, -33, -128];
  const values = [
    ...[...edges, -129, -0x8000, -0x8001, -0x80000000, 0.5, -0],
    ...[0, 31, 32, 48, 49, 255, 256, 70_000].map((length) => "x".repeat(length)),
    ...["é".repeat(15), "é".repeat(16), "日本".repeat(90), "a".repeat(47) + "é"],
    ...[15, 16, 70_000].map((length) => Array.from({ length }, (_, index) => index % 7)),
    ...[{ a: 1 }, { b: { a: 2 } }, { a: 3 }, {}, { b: { a: 4 } }],
    ...[2n ** 62n, -(2n ** 70n), 2n ** 64n - 1n, new Date(1_700_000_000_123), new Date(-5)],
  ];
  for (const value of values) {
    const writer = codec.writer();
    assert.equal(writer.add({ kind: "reply", correlation: 1, value }), "added");
    const read: unknown = new Unpackr({ moreTypes: true }).unpack(
      writer.close().bytes.subarray(headerBytes),
    );
    assert(Array.isArray(read));
    // It has no integers of 64 bits but big ones.
    const seen: unknown = typeof value === "bigint" ? BigInt(read[2]) : read[2];
    assert.deepEqual(seen, value);
  }
});

test("a message that fails half-way leaves nothing behind for those after it", () => {
  const writer = codec.writer();
  const shape = (index: number) => tell({ index, deep: { [`key${index}`]: "text" } });
  assert.equal(writer.add(shape(0)), "added");
  for (let index = 1; index < 100; index += 1) {
    assert.throws(() => writer.add(tell({ index, fresh: { a: "b" }, bad: () => 1 })), /bad/);
    assert.throws(() =>
      writer.add({ ...shape(index), to: { path: "no path", uid: 1 } } as Envelope),
    );
    assert.equal(writer.add(shape(index)), "added");
  }
  const expected = Array.from({ length: 100 }, (_, index) => shape(index));
  assert.deepEqual(codec.decode(writer.close()), expected);
});

test("what repeats is written once, and whoever differs in anything is written out", () => {
  const ask = (remainingMs: number): Envelope => ({
    ...{ kind: "ask", to, method: "add", args: [1], correlation: remainingMs, remainingMs },
  });
  const control: Envelope = { kind: "tell", to, method: "add", args: [1], isControl: true };
  const from = (uid: number): Envelope => ({
    ...{ kind: "tell", to, method: "add", args: [1] },
    context: { ...context, sender: { ...context.sender, uid } },
  });
  const shared: Envelope = { kind: "tell", to, method: "add", args: [1], context };
  const other: Envelope = { kind: "tell", to: { ...to, uid: 2 }, method: "add", args: [2] };
  const mixed = [
    ...[tell(1), tell(2), control, control, tell(3), ask(5), ask(6), tell(4), other, other],
    ...[shared, shared, from(1), from(2), tell(5), ask(7), control, shared],
  ];
  assert.deepEqual(roundTrip(mixed), mixed);
  const [first, second] = roundTrip([shared, shared]);
  assert(first?.kind === "tell" && second?.kind === "tell");
  assert.equal(first.context, second.context);
});

test("undefined may stand as deep as any other value", () => {
  let value: unknown;
  for (let depth = 0; depth < limits.decodeDepthMax; depth += 1) value = [value];
  assert.deepEqual(roundTrip([tell(value)]), [tell(value)]);
  assert.throws(() => codec.writer().add(tell([value])), /nested deeper/);
});

test("a text that was read before is read the same, and bytes that are none are never taken for it", () => {
  const texts = new RecentTexts();
  const read = (bytes: Buffer): string => texts.read(bytes, 0, bytes.length);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 45 }).map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        assert.equal(read(bytes), bytes.toString("utf8"));
        assert.equal(read(bytes), bytes.toString("utf8"));
      },
    ),
    { numRuns: 3_000 },
  );
});
