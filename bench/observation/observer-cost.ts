// What observers cost a message, without the engine: the hooks called as a cell calls them. Each round
// plays the same messages to so many actors in turn, on the real clock.
import { performance } from "node:perf_hooks";
import type { ObservedActor, ObservedMessage } from "#runtime/core/observer.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { FlightRecorder } from "#runtime/observation/flight-recorder.ts";
import { MessageClock } from "#runtime/observation/message-clock.ts";
import { Metrics } from "#runtime/observation/metrics.ts";
import { type ObserverPart, observeWith } from "#runtime/observation/observers.ts";
import { PassClock } from "#runtime/observation/pass-clock.ts";
import { pathPattern } from "#runtime/observation/path-pattern.ts";
import { SlowHandlers } from "#runtime/observation/slow-handlers.ts";

const protocol = { id: "bench.Observed@1" };
const node = { name: "bench", incarnation: 1 };

/** Actors that stand still, as observers see them. */
export const observedActors = (count: number): readonly ObservedActor[] =>
  Array.from({ length: count }, (_, index) => ({
    path: `/bench/$${index}`,
    depth: 0,
    restarts: 0,
    protocol,
    address: { node, path: `/bench/$${index}`, uid: index + 1 },
  }));

export interface CostRound {
  readonly n: number;
  readonly elapsedMs: number;
}

/** Milliseconds for `messages` calls of `handling` and `handled`. */
export function playMessages(
  observer: ObserverPart,
  actors: readonly ObservedActor[],
  messages: number,
): CostRound {
  const message: ObservedMessage = {
    payload: "some text",
    trace: undefined,
    sender: undefined,
    from: actors[0],
    isAsk: false,
  };
  const begin = performance.now();
  for (let index = 0; index < messages; index += 1) {
    const actor = actors[index % actors.length];
    if (actor === undefined) continue;
    const token = observer.handling?.(actor, "add", message);
    observer.handled?.(actor, "add", "done", token);
  }
  return { n: messages, elapsedMs: performance.now() - begin };
}

/** Observers by the names under which their costs are told. Each call makes new ones. */
export function observersToMeasure(): Readonly<Record<string, ObserverPart>> {
  const fixed = { now: () => 1.5, wall: () => 1.5 };
  const clock = new MessageClock(nodeClock);
  const passing = new PassClock(nodeClock, nodeExecutor);
  return {
    nothing: {},
    "recorder, standing clock": new FlightRecorder({ clock: fixed }),
    "recorder, pass clock": new FlightRecorder({ clock: passing }),
    "metrics, standing clock": new Metrics({ clock: fixed }),
    "metrics by path, standing clock": new Metrics({ clock: fixed, groupOf: pathPattern }),
    "metrics, real clock": new Metrics({ clock: nodeClock }),
    "slow handlers, real clock": new SlowHandlers({ clock: nodeClock }),
    "empty group": observeWith(),
    "clock alone in a group": observeWith(clock),
    "recorder alone in a group": observeWith(new FlightRecorder({ clock: passing })),
    "clock, metrics, slow handlers and recorder": observeWith(
      clock,
      new Metrics({ clock }),
      new SlowHandlers({ clock }),
      new FlightRecorder({ clock }),
    ),
  };
}
