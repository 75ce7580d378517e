// How a node watches itself, as its topology says. Spans go to the log, a line each: from there
// whatever collects logs can join those of all nodes by their trace.

import type { Log } from "#runtime/core/ports.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";
import { Observation } from "#runtime/observation/observation.ts";
import type { SpanSink } from "#runtime/observation/span-sink.ts";
import { type FinishedSpan, spansTo } from "#runtime/observation/span-writer.ts";
import type { ObservationPlan } from "../topology/topology-plan.ts";

export function observationOf(plan: ObservationPlan, log: Log): Observation {
  const random = nodeRandom();
  const { eventsPerActor, payloads, slowMs, tracedShare } = plan;
  const sink: SpanSink = spansTo((span) => writeSpan(log, span), random);
  return new Observation({
    clock: nodeClock,
    log,
    recorder: { eventsPerActor },
    crashes: { payloads },
    slowHandlers: { msMin: slowMs },
    ...(tracedShare === null ? {} : { tracing: { sink, random, sampledShare: tracedShare } }),
  });
}

function writeSpan(log: Log, span: FinishedSpan): void {
  const { actor, context, parent, protocol, method, kind, end, durationMs, failure } = span;
  log.write("info", actor.path, "span", {
    trace: context.traceId,
    span: context.spanId,
    parent: parent?.spanId,
    name: `${protocol} ${method}`,
    kind,
    startedAt: new Date(span.startWallMs).toISOString(),
    ms: Number(durationMs.toFixed(3)),
    end,
    code: failure?.code,
  });
}
