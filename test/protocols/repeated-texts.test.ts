// Texts that come again in a batch: written once, read as they were, whatever came between.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createCodec, type EncodedBatch } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { headerBytes } from "#protocols/frames.ts";

class NoRef {}
const codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: () => undefined },
});
const to = { path: "/user/a", uid: 1 };
const tell = (...args: unknown[]): Envelope => ({ kind: "tell", to, method: "add", args });

function encode(...envelopes: readonly Envelope[]): EncodedBatch {
  const writer = codec.writer();
  for (const envelope of envelopes) assert.equal(writer.add(envelope), "added");
  return writer.close();
}

/** Few texts, so that they come again, of lengths around the bounds and with all kinds of characters. */
const text = fc.oneof(
  fc.constantFrom("", "ab", "abc", "x".repeat(127), "x".repeat(128), "x".repeat(129)),
  fc.constantFrom("é".repeat(3), "日本語", "a😀b", "worker-1", "worker-2", "worker-11"),
  fc.integer({ min: 0, max: 600 }).map((index) => `text ${index}`),
);

test("texts come back as they were, however often they come again", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 900 }), (texts) => {
      const envelopes = texts.map((each) => tell(each, { state: each }));
      assert.deepEqual(codec.decode(encode(...envelopes)), envelopes);
    }),
    { numRuns: 60 },
  );
});

test("a text that has no place left is written again, and so is the one that lost its place to it", () => {
  const many = Array.from({ length: 256 }, (_, index) => `text number ${index}`);
  const envelopes = [...many, "one more", ...many, ...many].map((each) => tell(each));
  assert.deepEqual(codec.decode(encode(...envelopes)), envelopes);
});

test("a text that comes again takes two bytes", () => {
  const once = encode(tell("a rather long text that says little")).bytes.length;
  const twice = encode(
    tell("a rather long text that says little", "a rather long text that says little"),
  ).bytes.length;
  assert.equal(twice - once, 2);
});

test("texts of a message that was refused are not taken for read", () => {
  const writer = codec.writer();
  assert.equal(writer.add(tell("kept")), "added");
  for (let index = 0; index < 300; index += 1) {
    assert.throws(() => writer.add(tell("refused", `also ${index}`, () => 1)), /argument 3/);
    assert.equal(writer.add(tell("refused", "kept", `also ${index}`)), "added");
  }
  const read = codec.decode(writer.close());
  assert.deepEqual(read, [
    tell("kept"),
    ...Array.from({ length: 300 }, (_, index) => tell("refused", "kept", `also ${index}`)),
  ]);
});

test("half a pair of characters reads as what it was written as, the first time and again", () => {
  const half = "half \ud83d of it";
  const [, again] = codec.decode(encode(tell(half), tell(half)));
  assert.deepEqual(again, tell("half \ufffd of it"));
});

test("a place that holds nothing is refused, also one of the batch before", () => {
  const batch = encode(tell("some text", "some text"));
  assert.equal(codec.decode(batch).length, 1);
  const at = batch.bytes.lastIndexOf(0xc1);
  assert(at > headerBytes);
  const forged = Buffer.from(batch.bytes);
  forged[at + 1] = 77;
  const forgedBatch = { ...batch, bytes: forged };
  assert.throws(() => codec.decode(forgedBatch), /repeats a text that it does not hold/);
  assert.equal(codec.decode(batch).length, 1);
});
