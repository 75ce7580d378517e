// W3C Trace Context: which trace a message belongs to, and under which span it was sent.
// https://www.w3.org/TR/trace-context/ (level 1; `tracestate` is not carried).
//
//   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//   │  trace id                         span id          flags
//   version

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** Bit 0: sampled. */
  readonly flags: number;
}

export const sampledFlag = 1;

/** Whoever began the trace wants its spans to be kept. */
export const isSampled = ({ flags }: TraceContext): boolean => (flags & sampledFlag) !== 0;

// A later version may append fields after a dash; its first four mean the same.
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;
const textLengthMax = 512;

/**
 * Reads a `traceparent` text. Undefined when it is none: as the standard asks, whoever gets a wrong
 * one begins a trace of its own.
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  if (text.length > textLengthMax) return undefined;
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, version = "", traceId = "", spanId = "", flags = "", rest] = match;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** The context as a `traceparent` text of version 00. */
export const formatTraceparent = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, "0")}`;
