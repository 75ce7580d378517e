// What the schema cannot say of `observation`. Pure.

import type { Problem } from "#protocols/outside/problem.ts";
import type { ObservationDocument } from "#protocols/outside/topology-observation.ts";

export function observationProblems(observation: ObservationDocument = {}): readonly Problem[] {
  const { watch, eventsPerActor, ...others } = observation;
  if (watch === false) {
    const idle = Object.keys({ ...(eventsPerActor ? { eventsPerActor } : {}), ...others });
    return idle.map((key) => ({
      path: ["observation", key],
      at: "key",
      message: `${key} has no effect, since watch is false`,
      remedy: `remove ${key}, or write watch: true`,
    }));
  }
  if (eventsPerActor === undefined || Number.isInteger(Math.log2(eventsPerActor))) return [];
  const below = 2 ** Math.floor(Math.log2(eventsPerActor));
  return [
    {
      path: ["observation", "eventsPerActor"],
      at: "value",
      message: `${eventsPerActor} is no power of two`,
      remedy: `write ${below} or ${Math.min(1024, below * 2)}`,
    },
  ];
}
