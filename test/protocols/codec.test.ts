import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Unpackr } from "msgpackr";
import type { Address } from "#protocols/address.ts";
import { createCodec, type EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { headerBytes } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";

class TestRef {
  readonly address: Address;
  readonly protocolId: string;
  constructor(address: Address, protocolId: string) {
    this.address = address;
    this.protocolId = protocolId;
  }
}
const codec = createCodec({
  refClass: TestRef,
  refs: {
    describe: (value) => (value instanceof TestRef ? value : undefined),
    revive: (address, protocolId) => new TestRef(address, protocolId),
  },
});
const to = { path: "/data/queue", uid: 7 };
const reply = (value: unknown): Envelope => ({ kind: "reply", correlation: 1, value });
const tell = (...args: unknown[]): Envelope => ({ kind: "tell", to, method: "add", args });

function encode(...envelopes: Envelope[]): EncodedBatch {
  const writer = codec.writer();
  for (const envelope of envelopes) assert.equal(writer.add(envelope), "added");
  return writer.close();
}
function roundTrip(value: unknown): unknown {
  const [envelope] = codec.decode(encode(reply(value)));
  assert(envelope?.kind === "reply");
  return envelope.value;
}
const refuses = (value: unknown, place: RegExp) =>
  assert.throws(
    () => codec.writer().add(tell(value)),
    (cause) => cause instanceof Failure && cause.code === "invalid" && place.test(cause.detail),
  );

test("every kind of envelope arrives as it was sent, in order", () => {
  const failure = { code: "timeout", detail: "late" } as const;
  const envelopes: Envelope[] = [
    tell({ a: 1 }, "x"),
    { kind: "tell", to, method: "stopNow", args: [], isControl: true },
    { kind: "ask", to, method: "value", args: [1], correlation: 9, remainingMs: 12.5 },
    { kind: "cancel", correlation: 9 },
    reply(undefined),
    { kind: "refusal", correlation: 3, failure },
    { kind: "watch", to: { path: "/data", uid: 0 }, watcher: 4 },
    { kind: "unwatch", to, watcher: 4 },
    { kind: "terminated", to, watcher: 4, exit: { kind: "stopped" } },
    { kind: "terminated", to, watcher: 4, exit: { kind: "crashed", failure } },
    { kind: "terminated", to, watcher: 4, exit: { kind: "node-down", node: "worker-1~k3" } },
  ];
  assert.deepEqual(codec.decode(encode(...envelopes)), envelopes);
});

test("plain data of every kind arrives equal", () => {
  const values: unknown[] = [
    [null, undefined, true, false, 0, 63, 64, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32, -1, -32],
    [-33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1, 0.1, 1e300, Number.NaN],
    [1n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n, -(2n ** 64n), 2n ** 500n, -(2n ** 8000n)],
    ["", "ü", "a".repeat(31), "b".repeat(32), "c".repeat(256), "d".repeat(70_000), "日本語"],
    [
      new Map<unknown, unknown>([
        ["a", 1],
        [2, new Map([[{ k: 1 }, "v"]])],
      ]),
      new Set([1, "a", [2]]),
    ],
    [
      new Date(0),
      new Date(1e12),
      new Date(1e12 + 7),
      new Date(-1),
      new Date(-123_456_789),
      new Date(5e12),
    ],
    [{}, { a: {} }, { "weird key": 1, 0: 2, constructor: 3, hasOwnProperty: 4, toJSON: 5 }],
    Array.from({ length: 70_000 }, (_, index) => index % 7),
  ];
  for (const value of values) assert.deepEqual(roundTrip(value), value);
  assert.equal(String(roundTrip(new Date(Number.NaN))), "Invalid Date");
});

test("arbitrary plain data arrives equal", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true }).map((number) => number || 0),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.date({ noInvalidDate: true, min: new Date(-1e14), max: new Date(1e14) }),
  );
  const key = fc
    .string({ maxLength: 8 })
    .filter((text) => text !== "__proto__" && text !== "__keys__");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "medium" },
      scalar,
      fc.array(tie("tree"), { maxLength: 5 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 6, noNullPrototype: true }),
      fc.array(tie("tree"), { maxLength: 3 }).map((items) => new Set(items)),
      fc.array(fc.tuple(scalar, tie("tree")), { maxLength: 3 }).map((items) => new Map(items)),
    ),
  }));
  fc.assert(
    fc.property(fc.array(tree, { minLength: 1, maxLength: 6 }), (values) => {
      const envelopes = values.map((value) => tell(value, { same: value }));
      assert.deepEqual(codec.decode(encode(...envelopes)), envelopes);
    }),
    { numRuns: 400 },
  );
});

test("big byte arrays travel uncopied, small ones inline", () => {
  const big = Buffer.alloc(limits.payloadBytesMin, 1);
  const view = new Uint8Array(new ArrayBuffer(9_000), 1_000, 5_000).fill(2);
  const small = new Uint8Array([1, 2, 3]);
  const batch = encode(tell({ big, small }), tell([view]));
  assert.equal(batch.payloads[0], big);
  assert.equal(batch.payloads[1], view);
  assert(batch.bytes.length < 200);
  const [first, second] = codec.decode(batch);
  assert(first?.kind === "tell" && second?.kind === "tell");
  assert.deepEqual(first.args, [{ big, small: Buffer.from(small) }]);
  assert.deepEqual(second.args, [[view]]);
});

test("refs travel as address and protocol, wherever they stand", () => {
  const address = { node: { name: "worker-1", incarnation: 5 }, path: "/workers/a", uid: 3 };
  const ref = new TestRef(address, "tasks.Queue@1");
  const value = { list: [ref], map: new Map([["r", ref]]), set: new Set([ref]) };
  assert.deepEqual(roundTrip(value), value);
});

test("a message is a value: changing it after it was sent changes nothing", () => {
  const writer = codec.writer();
  const list = [1];
  writer.add(reply(list));
  list.push(2);
  assert.deepEqual(codec.decode(writer.close()), [reply([1])]);
});

test("what cannot travel is refused with its place, and the batch stays as it was", () => {
  class Custom {}
  refuses({ a: [1, { b: () => 1 }] }, /argument 1 of add\.a\[1\]\.b is a function/);
  refuses(Symbol("x"), /is a symbol/);
  refuses([new Custom()], /\[0\] is an instance of Custom/);
  refuses(/x/, /RegExp/);
  refuses(new Error("x"), /Error/);
  refuses(new Float32Array(2), /Float32Array/);
  refuses(new Map([["k", new Custom()]]), /<k>/);
  refuses(JSON.parse('{"x":{"__proto__":1}}'), /\.x\.__proto__ has a reserved name/);
  refuses({ __keys__: 1 }, /reserved name/);
  refuses(2n ** 9000n, /big integer/);
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  refuses(cycle, /deeper than 32/);

  const writer = codec.writer();
  writer.add(tell({ shape: 1, other: 2 }));
  assert.throws(() => writer.add(tell({ fresh: 1, shape: { deep: new Custom() } })));
  assert.equal(writer.add(tell({ fresh: 1, shape: { deep: 2 } })), "added");
  assert.equal(writer.add(tell({ shape: 1, other: 2 })), "added");
  assert.deepEqual(codec.decode(writer.close()), [
    tell({ shape: 1, other: 2 }),
    tell({ fresh: 1, shape: { deep: 2 } }),
    tell({ shape: 1, other: 2 }),
  ]);
});

test("a getter that sends while it is encoded is refused", () => {
  const writer = codec.writer();
  const sneaky = {
    get value() {
      writer.add(tell(1));
      return 1;
    },
  };
  assert.throws(() => writer.add(tell(sneaky)), /getter/);
  assert.equal(writer.add(tell(2)), "added");
  assert.deepEqual(codec.decode(writer.close()), [tell(2)]);
});

test("a message beyond a limit is too large alone, and closes a batch that holds others", () => {
  const text = "x".repeat(limits.frameBytesMax);
  const many = new Array(limits.decodeValuesMax).fill(0);
  const payloads = Array.from({ length: limits.payloadsPerBatchMax + 1 }, () =>
    Buffer.alloc(5_000),
  );
  const huge = Buffer.alloc(limits.payloadBytesMax + 1);
  for (const value of [text, many, payloads, huge]) {
    const writer = codec.writer();
    assert.equal(writer.add(reply(value)), "too_large");
    writer.add(reply(1));
    assert.notEqual(writer.add(reply(value)), "added");
    assert.deepEqual(codec.decode(writer.close()), [reply(1)]);
  }
  const writer = codec.writer();
  const half = "y".repeat(limits.frameBytesMax / 2);
  assert.equal(writer.add(reply(half)), "added");
  assert.equal(writer.add(reply(half)), "closed");
  writer.close();
  assert.equal(writer.add(reply(half)), "added");
});

test("equal shapes and names are written once a batch", () => {
  const message = (index: number) => tell({ identifier: index, description: "text", priority: 1 });
  const one = encode(message(0)).bytes.length;
  const hundred = encode(...Array.from({ length: 100 }, (_, index) => message(index))).bytes.length;
  assert(hundred - one < 99 * 22, `99 further messages took ${hundred - one} bytes`);
});

test("more shapes than the record table holds still arrive equal", () => {
  const envelopes = Array.from({ length: 500 }, (_, index) =>
    tell({ [`key${index % 130}`]: index, common: { [`inner${index % 67}`]: 1 } }),
  );
  assert.deepEqual(codec.decode(encode(...envelopes)), envelopes);
});

test("the structured part is what msgpackr itself reads", () => {
  const batch = encode(tell({ id: 1, name: "first" }), tell({ id: 2, name: "second" }));
  const values: unknown[] = [];
  new Unpackr({ moreTypes: true }).unpackMultiple(
    batch.bytes.subarray(headerBytes),
    (value: unknown) => {
      values.push(value);
    },
  );
  assert.deepEqual(values, [
    [0, "/data/queue", 7, "add", { id: 1, name: "first" }],
    [14, { id: 2, name: "second" }],
  ]);
});
