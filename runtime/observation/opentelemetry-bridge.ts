// Spans into OpenTelemetry, through its API as the user has it: nothing of it is imported here. The
// types say how much of `@opentelemetry/api` 1.x is used; the real objects fit them as they are.
//
//   import * as api from "@opentelemetry/api";
//   new Tracing({ sink: openTelemetrySink(api, api.trace.getTracer("troupe")), clock, random });
//
// Names and attributes follow OpenTelemetry's conventions for messaging where they have one.
import type { TraceContext } from "#protocols/trace-context.ts";
import type { SpanBeginning, SpanEnding, SpanSink } from "./span-sink.ts";

/** `SpanContext` of the API. */
export interface OtelSpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
  isRemote?: boolean;
}

type Attributes = Record<string, string | number | boolean>;

/** `Span` of the API. */
export interface OtelSpan {
  spanContext(): OtelSpanContext;
  setAttribute(name: string, value: string | number | boolean): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  recordException(exception: { name: string; message: string; stack?: string }): void;
  end(endTime?: number): void;
}

/** `Tracer` of the API; `C` is its `Context`. */
export interface OtelTracer<C> {
  startSpan(
    name: string,
    options: { kind?: number; attributes?: Attributes; startTime?: number; root?: boolean },
    context: C,
  ): OtelSpan;
}

/** What is used of the API's module. */
export interface OtelApi<C> {
  readonly ROOT_CONTEXT: C;
  readonly trace: { setSpanContext(context: C, spanContext: OtelSpanContext): C };
}

// `SpanKind` and `SpanStatusCode` of the API; the numbers are part of its interface.
const kindServer = 1;
const kindConsumer = 4;
const statusError = 2;

/** A sink that makes an OpenTelemetry span of each span and takes over its identifiers. */
export const openTelemetrySink = <C>(api: OtelApi<C>, tracer: OtelTracer<C>): SpanSink => ({
  begin(beginning) {
    const { parent, startWallMs: startTime, kind } = beginning;
    const options = {
      kind: kind === "ask" ? kindServer : kindConsumer,
      attributes: attributesOf(beginning),
      startTime,
      ...(parent ? {} : { root: true }),
    };
    const above = parent
      ? api.trace.setSpanContext(api.ROOT_CONTEXT, remoteContext(parent))
      : api.ROOT_CONTEXT;
    const name = `${beginning.protocol} ${beginning.method}`;
    const span = tracer.startSpan(name, options, above);
    return {
      context: contextOf(span.spanContext()),
      end: (ending) => endSpan(span, ending, startTime),
    };
  },
});

const remoteContext = ({ traceId, spanId, flags }: TraceContext): OtelSpanContext => ({
  traceId,
  spanId,
  traceFlags: flags,
  isRemote: true,
});

const contextOf = ({ traceId, spanId, traceFlags }: OtelSpanContext): TraceContext => ({
  traceId,
  spanId,
  flags: traceFlags,
});

const attributesOf = ({ actor, protocol, method, kind }: SpanBeginning): Attributes => ({
  "messaging.system": "troupe",
  "messaging.operation.type": "process",
  "messaging.destination.name": actor.path,
  "troupe.node": actor.node,
  "troupe.protocol": protocol,
  "troupe.method": method,
  "troupe.kind": kind,
});

function endSpan(
  span: OtelSpan,
  { end, durationMs, failure }: SpanEnding,
  startTime: number,
): void {
  span.setAttribute("troupe.end", end);
  if (failure) {
    span.setAttribute("error.type", failure.code);
    const { name, message, stack } = failure;
    span.recordException(stack === undefined ? { name, message } : { name, message, stack });
  }
  if (end === "crashed" || end === "left-behind") {
    span.setStatus({ code: statusError, message: failure?.detail ?? end });
  }
  span.end(startTime + durationMs);
}
