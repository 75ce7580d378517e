// Identifiers of traces and spans, drawn from a Random port: random is enough to tell them apart, and
// with a seeded port a simulated run has the same ones each time.
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Random } from "#runtime/core/ports.ts";

/** 32 random bits as 8 hex digits. */
const word = (random: Random): string =>
  Math.floor(random.next() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0");

// All zeros mean "none" in the standard.
const notZero = (text: string): string => (/[^0]/.test(text) ? text : `${text.slice(0, -1)}1`);

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
