// The plain span sink: gives spans identifiers and hands each over as data when it has ended.
import { sampledFlag, type TraceContext } from "#protocols/trace-context.ts";
import type { Random } from "#runtime/core/ports.ts";
import type { OpenSpan, SpanBeginning, SpanEnding, SpanSink } from "./span-sink.ts";
import { nextContext } from "./trace-ids.ts";

export interface FinishedSpan extends SpanBeginning, SpanEnding {
  readonly context: TraceContext;
}

/**
 * A sink that calls `write` with each span that has ended. `write` runs inside of the actor's turn:
 * it should only put the span somewhere.
 */
export const spansTo = (write: (span: FinishedSpan) => void, random: Random): SpanSink => ({
  begin(beginning) {
    const context = nextContext(random, beginning.parent, sampledFlag);
    return new WrittenSpan(beginning, context, write);
  },
});

class WrittenSpan implements OpenSpan {
  readonly context: TraceContext;
  readonly #beginning: SpanBeginning;
  readonly #write: (span: FinishedSpan) => void;

  constructor(
    beginning: SpanBeginning,
    context: TraceContext,
    write: (span: FinishedSpan) => void,
  ) {
    this.context = context;
    this.#beginning = beginning;
    this.#write = write;
  }

  end(ending: SpanEnding): void {
    const { context } = this;
    const { parent, actor, protocol, method, kind, startWallMs } = this.#beginning;
    const { end, durationMs, failure } = ending;
    // Named one by one: to spread them would cost as much as half a span.
    this.#write({
      parent,
      actor,
      protocol,
      method,
      kind,
      startWallMs,
      context,
      end,
      durationMs,
      failure,
    });
  }
}
