// The plain span sink: gives spans identifiers and hands each over as data when it has ended.
import { sampledFlag, type TraceContext } from "#protocols/trace-context.ts";
import type { Random } from "#runtime/core/ports.ts";
import type { SpanBeginning, SpanEnding, SpanSink } from "./span-sink.ts";
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
    return { context, end: (ending) => write({ ...beginning, ...ending, context }) };
  },
});
