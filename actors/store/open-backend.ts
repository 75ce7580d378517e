// Opens the back end that a store's place names. This is the one door to all of them: what a back end
// needs beside its place, such as a clock, is given to it here.
import { nanoid } from "nanoid";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { StoreBackend } from "./backend.ts";
import { CountedBackend } from "./counted-backend.ts";
import { MemoryBackend } from "./memory/memory-backend.ts";
import { redisPlaceOf } from "./redis/master-place.ts";
import { RedisBackend } from "./redis/redis-backend.ts";
import { SqliteBackend } from "./sqlite/sqlite-backend.ts";
import { StoreClock } from "./store-clock.ts";

export type StorePlace =
  /** Lost with its process. */
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  /** The address as `redisPlaceOf` reads it. Stores of one namespace are one store. */
  | { readonly kind: "redis"; readonly url: string; readonly namespace: string };

/** A place, and who is shown the figures of the store there. */
export type ShownStorePlace = StorePlace & {
  readonly show?: (figures: () => FigureSource) => void;
};

/** Milliseconds since 1970 UTC, and since any moment: what this machine's clocks say. */
export interface ClockReadings {
  wallMs(): number;
  monotonicMs(): number;
}

/**
 * Fails with `store_failed` when the place is in use or cannot be used, with `unavailable` when it is
 * away, and with `invalid` when it names nothing.
 */
export async function openBackend(
  { show, ...place }: ShownStorePlace,
  readings: ClockReadings,
): Promise<StoreBackend> {
  const backend = await opened(place, readings);
  if (!show) return backend;
  const counted = new CountedBackend(backend, () => readings.monotonicMs());
  show(() => counted.source());
  return counted;
}

async function opened(place: StorePlace, readings: ClockReadings): Promise<StoreBackend> {
  switch (place.kind) {
    case "memory":
      return new MemoryBackend({ ...clockOf(readings), makeId: nanoid });
    case "sqlite":
      return SqliteBackend.open({ path: place.path });
    case "redis":
      return RedisBackend.open({ place: redisPlaceOf(place.url), namespace: place.namespace });
    default:
      return place satisfies never;
  }
}

function clockOf({ wallMs, monotonicMs }: ClockReadings) {
  const clock = new StoreClock();
  return {
    nowMs: () => clock.read({ wallMs: wallMs(), monotonicMs: monotonicMs() }),
    aheadMs: () => clock.aheadMs,
  };
}
