import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTraceparent, isSampled, parseTraceparent } from "#protocols/trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const text = `00-${traceId}-${spanId}-01`;

test("a traceparent is read into its parts and written back the same", () => {
  const context = parseTraceparent(text);
  assert.deepEqual(context, { traceId, spanId, flags: 1 });
  assert.ok(context);
  assert.equal(formatTraceparent(context), text);
});

test("the sampled flag is bit 0, whatever the other bits say", () => {
  for (const [flags, sampled] of [
    ["00", false],
    ["01", true],
    ["02", false],
    ["03", true],
    ["ff", true],
  ] as const) {
    const context = parseTraceparent(`00-${traceId}-${spanId}-${flags}`);
    assert.equal(context && isSampled(context), sampled, flags);
  }
});

test("what is no traceparent is undefined", () => {
  const wrong = [
    "",
    "00",
    text.toUpperCase(),
    `${text}-`,
    `${text}-00`,
    ` ${text}`,
    `${text}\n`,
    `ff${text.slice(2)}`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.slice(1)}-${spanId}-01`,
    `00-${traceId}-${spanId}-1`,
    `00_${traceId}-${spanId}-01`,
    `01-${traceId}-${spanId}-01-${"x".repeat(10_000)}`,
  ];
  for (const given of wrong) assert.equal(parseTraceparent(given), undefined, given.slice(0, 80));
});

test("of a later version the four known fields are read", () => {
  assert.deepEqual(parseTraceparent(`01-${traceId}-${spanId}-01-more`), {
    traceId,
    spanId,
    flags: 1,
  });
  assert.deepEqual(parseTraceparent(`cc-${traceId}-${spanId}-00`), { traceId, spanId, flags: 0 });
});

test("every context survives being written and read", () => {
  const hex = (length: number) =>
    fc
      .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
      .map((digits) => digits.join(""))
      .filter((digits) => /[^0]/.test(digits));
  const contexts = fc.record({
    traceId: hex(32),
    spanId: hex(16),
    flags: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(contexts, (context) => {
      assert.deepEqual(parseTraceparent(formatTraceparent(context)), { ...context });
    }),
    { numRuns: 200 },
  );
});
