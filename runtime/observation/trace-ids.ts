// Identifiers of traces and spans, drawn from a Random port: random is enough to tell them apart, and
// with a seeded port a simulated run has the same ones each time.
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Random } from "#runtime/core/ports.ts";

/** Each byte as two hex digits; `toString(16)` would be most of what a span costs. */
const digitsOf: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** 32 random bits as 8 hex digits. */
function word(random: Random): string {
  const bits = Math.floor(random.next() * 0x1_0000_0000);
  return digits(bits >>> 24) + digits(bits >>> 16) + digits(bits >>> 8) + digits(bits);
}

const digits = (bits: number): string => digitsOf[bits & 0xff] ?? "";

// All zeros mean "none" in the standard.
const notZero = (text: string): string => (zeros.test(text) ? `${text.slice(0, -1)}1` : text);
const zeros = /^0+$/;

export const newTraceId = (random: Random): string =>
  notZero(word(random) + word(random) + word(random) + word(random));

export const newSpanId = (random: Random): string => notZero(word(random) + word(random));

/** The first context of a trace, or the next one under a parent, with the parent's flags. */
export const nextContext = (
  random: Random,
  parent: TraceContext | undefined,
  rootFlags: number,
): TraceContext => ({
  traceId: parent?.traceId ?? newTraceId(random),
  spanId: newSpanId(random),
  flags: parent?.flags ?? rootFlags,
});
