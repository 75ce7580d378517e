// Messages to actors that have little to do, a few each time the event loop comes round, and how long
// each waited for its handler.
import type { Done } from "./contender.ts";
import { scatteredPlaces } from "./producer.ts";

export interface Sample {
  readonly sentAt: number;
  /** Where the handler writes how long the message was under way. */
  readonly latenciesMs: number[];
}

const messagesPerPass = 10;

/** Sends for `ms`, then waits until all have arrived. */
export async function ferried(
  ms: number,
  actors: number,
  send: (to: number, sample: Sample) => void,
): Promise<Done> {
  const places = scatteredPlaces(actors);
  const latenciesMs: number[] = [];
  let sent = 0;
  for (const startedAt = performance.now(); performance.now() - startedAt < ms; ) {
    for (let index = 0; index < messagesPerPass; index += 1) {
      send(places[sent & (places.length - 1)] ?? 0, { sentAt: performance.now(), latenciesMs });
      sent += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (latenciesMs.length < sent) await new Promise((resolve) => setTimeout(resolve, 1));
  return { count: latenciesMs.length, latenciesMs };
}
