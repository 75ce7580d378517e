// Opens the back end that a store's place names. This is the one door to all of them: what a back end
// needs beside its place, such as a clock, is given to it here.
import { nanoid } from "nanoid";
import type { StoreBackend } from "./backend.ts";
import { MemoryBackend } from "./memory/memory-backend.ts";
import { redisPlaceOf } from "./redis/master-place.ts";
import { RedisBackend } from "./redis/redis-backend.ts";
import { SqliteBackend } from "./sqlite/sqlite-backend.ts";
import { StoreClock } from "./store-clock.ts";
import { WatchedBackend } from "./watched-backend.ts";

export type StorePlace =
  /** Lost with its process. */
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "redis"; readonly url: string; readonly namespace: string };

/** Milliseconds since 1970 UTC, and since any moment: what this machine's clocks say. */
export interface ClockReadings {
  wallMs(): number;
  monotonicMs(): number;
}

/** Fails with `store_failed`, `unavailable` or `invalid` when the place is in use or cannot be used. */
export const openBackend = async (
  place: StorePlace,
  readings: ClockReadings,
): Promise<StoreBackend> => new WatchedBackend(await backendAt(place, readings));

async function backendAt(place: StorePlace, readings: ClockReadings): Promise<StoreBackend> {
  switch (place.kind) {
    case "memory":
      return new MemoryBackend({ nowMs: clockOf(readings), makeId: nanoid });
    case "redis": {
      const { namespace, url } = place;
      return RedisBackend.open({ place: redisPlaceOf(url), namespace });
    }
    case "sqlite":
      return SqliteBackend.open({ path: place.path });
    default:
      return place satisfies never;
  }
}

function clockOf({ wallMs, monotonicMs }: ClockReadings): () => number {
  const clock = new StoreClock();
  return () => clock.read({ wallMs: wallMs(), monotonicMs: monotonicMs() });
}
