// What GET_NODE_METRICS tells: the node's metrics summed up, so that they fit into the history. Pure.
import type { ControlResponse } from "#protocols/tasks/control.ts";
import type { MetricsSnapshot } from "#runtime/observation/metrics-snapshot.ts";

/** Of the actors those with the most waiting messages come first, at most `actorsMax`. */
export function metricsResponse(seen: MetricsSnapshot, actorsMax: number): ControlResponse {
  const actors = seen.actors
    .map(({ protocol, group, spawned, crashes, restarts, levels }) => ({
      protocol,
      ...(group === "" ? {} : { group }),
      spawned,
      crashes,
      restarts,
      living: levels?.living ?? 0,
      waiting: levels?.waiting ?? 0,
    }))
    .sort((a, b) => b.waiting - a.waiting || b.living - a.living);
  const { sent = 0, processed = 0, queued = 0, dead = 0, inFlight = 0 } = seen.messages ?? {};
  return {
    messages: { sent, processed, queued, dead, inFlight },
    handled: {
      done: sumOf(seen.handlings.map(({ done }) => done)),
      refused: sumOf(seen.handlings.map(({ refused }) => refused)),
      crashed: sumOf(seen.handlings.map(({ crashed }) => crashed)),
    },
    deadLetters: Object.fromEntries(seen.deadLetters.map(({ reason, count }) => [reason, count])),
    actors: actors.slice(0, actorsMax),
    actorKinds: actors.length,
  };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
