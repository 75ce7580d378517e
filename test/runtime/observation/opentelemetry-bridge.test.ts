import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import {
  type OtelSpan,
  type OtelSpanContext,
  openTelemetrySink,
} from "#runtime/observation/opentelemetry-bridge.ts";
import { Tracing } from "#runtime/observation/tracing.ts";
import { actorAt, HandClock, messageOf } from "./observed-stage.ts";

type FakeContext = ReadonlyMap<string, OtelSpanContext>;

/** The API as `@opentelemetry/api` has it, with a tracer that writes down what it is told. */
class FakeTelemetry {
  readonly spans: FakeSpan[] = [];
  readonly api = {
    ROOT_CONTEXT: new Map<string, OtelSpanContext>(),
    trace: {
      setSpanContext: (context: FakeContext, span: OtelSpanContext): FakeContext =>
        new Map([...context, ["span", span]]),
    },
  };
  readonly tracer = {
    startSpan: (
      name: string,
      options: {
        kind?: number;
        attributes?: Record<string, string | number | boolean>;
        startTime?: number;
        root?: boolean;
      },
      context: FakeContext,
    ): OtelSpan => {
      const span = new FakeSpan(name, options, context.get("span"), this.spans.length + 1);
      this.spans.push(span);
      return span;
    },
  };
}

class FakeSpan implements OtelSpan {
  readonly name: string;
  readonly options: {
    kind?: number;
    attributes?: Record<string, unknown>;
    startTime?: number;
    root?: boolean;
  };
  readonly parent: OtelSpanContext | undefined;
  readonly number: number;
  readonly said: unknown[] = [];
  endTime: number | undefined;

  constructor(
    name: string,
    options: FakeSpan["options"],
    parent: OtelSpanContext | undefined,
    number: number,
  ) {
    this.name = name;
    this.options = options;
    this.parent = parent;
    this.number = number;
  }
  spanContext(): OtelSpanContext {
    return {
      traceId: this.parent?.traceId ?? "c".repeat(32),
      spanId: String(this.number).padStart(16, "0"),
      traceFlags: this.parent?.traceFlags ?? 1,
    };
  }
  setAttribute(name: string, value: unknown): this {
    this.said.push([name, value]);
    return this;
  }
  setStatus(status: { code: number; message?: string }): this {
    this.said.push(status);
    return this;
  }
  recordException(exception: { name: string; message: string }): void {
    this.said.push(["exception", exception.name, exception.message]);
  }
  end(endTime?: number): void {
    this.endTime = endTime;
  }
}

function stage() {
  const telemetry = new FakeTelemetry();
  const clock = new HandClock();
  const sink = openTelemetrySink(telemetry.api, telemetry.tracer);
  const tracing = new Tracing({ sink, clock, random: { next: () => 0.5 } });
  return { telemetry, clock, tracing, actor: actorAt("/a") };
}

test("a handling becomes a span of the tracer, and messages bear the tracer's identifiers", () => {
  const { telemetry, clock, tracing, actor } = stage();
  const token = tracing.handling(actor, "add", messageOf({ isAsk: true }));
  const sent = tracing.sending(actor, "next", token);
  assert.deepEqual(sent, { traceId: "c".repeat(32), spanId: "1".padStart(16, "0"), flags: 1 });
  clock.pass(4);
  tracing.handled(actor, "add", "done", token);
  const [span] = telemetry.spans;
  assert.ok(span);
  assert.deepEqual(
    [span.name, span.options.kind, span.options.root, span.parent],
    ["demo.Thing@1 add", 1, true, undefined],
  );
  assert.equal(span.options.startTime, clock.wall() - 4);
  assert.equal(span.endTime, clock.wall());
  assert.deepEqual(span.said, [["troupe.end", "done"]]);
  assert.equal(span.options.attributes?.["messaging.destination.name"], "/a");
});

test("a message's context is the span's parent", () => {
  const { telemetry, tracing, actor } = stage();
  const trace = { traceId: "a".repeat(32), spanId: "b".repeat(16), flags: 1 };
  tracing.handled(actor, "add", "done", tracing.handling(actor, "add", messageOf({ trace })));
  const [span] = telemetry.spans;
  assert.deepEqual(span?.parent, {
    traceId: trace.traceId,
    spanId: trace.spanId,
    traceFlags: 1,
    isRemote: true,
  });
  assert.deepEqual([span?.options.kind, span?.options.root], [4, undefined]);
});

test("a crash is the span's exception, code and status", () => {
  const { telemetry, tracing, actor } = stage();
  tracing.handled(actor, "add", "crashed", tracing.handling(actor, "add", messageOf()));
  tracing.crashed(actor, new Failure("corrupt", "bad sum"));
  assert.deepEqual(telemetry.spans[0]?.said, [
    ["troupe.end", "crashed"],
    ["error.type", "corrupt"],
    ["exception", "Failure", "corrupt: bad sum"],
    { code: 2, message: "bad sum" },
  ]);
});
