// Where spans go: the port between tracing, which knows when a span begins and ends, and whoever
// keeps spans. The sink names the span, because some (OpenTelemetry) insist on identifiers of theirs.
import type { Failure } from "#protocols/failure.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { HandlingEnd } from "#runtime/core/observer.ts";

/** The handling of one message. */
export interface SpanBeginning {
  /** The span under which the message was sent; undefined for the first of a trace. */
  readonly parent: TraceContext | undefined;
  readonly actor: { readonly path: string; readonly node: string };
  readonly protocol: string;
  readonly method: string;
  readonly kind: "ask" | "tell";
  /** Milliseconds since 1970. */
  readonly startWallMs: number;
}

export interface SpanEnding {
  readonly end: HandlingEnd;
  readonly durationMs: number;
  /** What the handler threw, when it crashed. */
  readonly failure: Failure | undefined;
}

export interface OpenSpan {
  /** What messages sent by the handler bear. */
  readonly context: TraceContext;
  /** Called once. A message that was put aside gets another span when it is taken up again. */
  end(ending: SpanEnding): void;
}

export interface SpanSink {
  /** A sampled span begins; its context must be in the parent's trace, if there is a parent. */
  begin(beginning: SpanBeginning): OpenSpan;
}
