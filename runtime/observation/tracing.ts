// Traces: each handling of a message is a span, and what the handler sends bears that span, so that a
// request can be followed through all actors and nodes. Contexts are those of W3C Trace Context.
//
//   message bears      sampled   what the handling becomes
//   no context         by share  the root of a new trace
//   a context          yes       a child span
//   a context          no        nothing; the context goes on as it came
//
// Whoever began the trace has decided whether it is sampled; nobody decides again on the way.
import { Failure } from "#protocols/failure.ts";
import { isSampled, type TraceContext } from "#protocols/trace-context.ts";
import type { HandlingEnd, ObservedActor, ObservedMessage } from "#runtime/core/observer.ts";
import type { Clock, Random } from "#runtime/core/ports.ts";
import type { ObserverPart } from "./observers.ts";
import type { OpenSpan, SpanSink } from "./span-sink.ts";
import { nextContext } from "./trace-ids.ts";

export interface TracingOptions {
  readonly sink: SpanSink;
  readonly clock: Clock;
  /** Decides which new traces are sampled, and names those that are not. */
  readonly random: Random;
  /** Share of new traces that are sampled, from 0 to 1. Default: 1. */
  readonly sampledShare?: number;
}

/** A handling inside of a sampled trace. */
class TracedHandling {
  readonly span: OpenSpan;
  readonly startMs: number;
  constructor(span: OpenSpan, startMs: number) {
    this.span = span;
    this.startMs = startMs;
  }
}

/** A handling inside of a trace that is not sampled; a new trace is named when it sends something. */
class UntracedHandling {
  context: TraceContext | undefined;
  constructor(context: TraceContext | undefined) {
    this.context = context;
  }
}

interface CrashedSpan {
  readonly actor: ObservedActor;
  readonly span: OpenSpan;
  readonly durationMs: number;
}

export class Tracing implements ObserverPart {
  readonly #sink: SpanSink;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sampledShare: number;
  /** The context of what is sent from outside of all actors. */
  #outside: TraceContext | undefined;
  /** A handler has thrown; what it threw is about to be reported. */
  #crashed: CrashedSpan | undefined;

  constructor({ sink, clock, random, sampledShare = 1 }: TracingOptions) {
    if (!(sampledShare >= 0 && sampledShare <= 1)) {
      const text = `sampledShare is ${sampledShare}; give a number from 0 to 1`;
      throw new Failure("invalid", text);
    }
    this.#sink = sink;
    this.#clock = clock;
    this.#random = random;
    this.#sampledShare = sampledShare;
  }

  /**
   * Runs `act`; what it sends before its first await, from outside of all actors, bears the context,
   * for example that of an HTTP request's `traceparent`.
   */
  within<T>(context: TraceContext | undefined, act: () => T): T {
    const before = this.#outside;
    this.#outside = context;
    try {
      return act();
    } finally {
      this.#outside = before;
    }
  }

  /** Ends a crashed handler's span whose failure was not reported; call it before reading spans. */
  flush(): void {
    this.#endCrashed(undefined);
  }

  // ---- hooks

  handling(actor: ObservedActor, method: string, message: ObservedMessage): unknown {
    this.flush();
    const { trace } = message;
    const isWanted = trace ? isSampled(trace) : this.#random.next() < this.#sampledShare;
    if (!isWanted) return new UntracedHandling(trace);
    const { node, path } = actor.address;
    const span = this.#sink.begin({
      parent: trace,
      actor: { path, node: node.name },
      protocol: actor.protocol.id,
      method,
      kind: message.isAsk ? "ask" : "tell",
      startWallMs: this.#clock.wall(),
    });
    return new TracedHandling(span, this.#clock.now());
  }

  handled(actor: ObservedActor, _method: string, end: HandlingEnd, token: unknown): void {
    this.flush();
    if (!(token instanceof TracedHandling)) return;
    const durationMs = this.#clock.now() - token.startMs;
    if (end === "crashed") this.#crashed = { actor, span: token.span, durationMs };
    else token.span.end({ end, durationMs, failure: undefined });
  }

  crashed(actor: ObservedActor, failure: Failure): void {
    this.#endCrashed(this.#crashed?.actor === actor ? failure : undefined);
  }

  sending(
    _sender: ObservedActor | undefined,
    _method: string,
    current: unknown,
  ): TraceContext | undefined {
    if (current instanceof TracedHandling) return current.span.context;
    if (!(current instanceof UntracedHandling)) return this.#outside;
    current.context ??= nextContext(this.#random, undefined, 0);
    return current.context;
  }

  #endCrashed(failure: Failure | undefined): void {
    const crashed = this.#crashed;
    if (crashed === undefined) return;
    this.#crashed = undefined;
    crashed.span.end({ end: "crashed", durationMs: crashed.durationMs, failure });
  }
}
