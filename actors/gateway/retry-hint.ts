// When who was refused by a full queue should come again: after the time in which what waits in that queue
// is worked off, by the pace at which it has drained of late.
import { Failure } from "#protocols/failure.ts";
import { failureResponse } from "./http-message.ts";
import type { Route } from "./router.ts";

const secondsMax = 60;
/** Where nothing is known of the queue's pace. */
const secondsUsual = 10;

/** Whole seconds, 1 to 60. */
export function secondsUntilRoom(ms: number | null): number {
  if (ms === null) return secondsUsual;
  return Math.min(secondsMax, Math.max(1, Math.ceil(ms / 1_000)));
}

/** The same routes; who is refused because a queue is full hears in `Retry-After` when to come again. */
export const withRetryHint = (
  routes: readonly Route[],
  msUntilRoom: (refusal: Failure) => Promise<number | null>,
): readonly Route[] =>
  routes.map((route) => ({
    ...route,
    handle: async (request) => {
      try {
        return await route.handle(request);
      } catch (cause) {
        if (!(cause instanceof Failure) || cause.code !== "queue_full") throw cause;
        const seconds = secondsUntilRoom(await msUntilRoom(cause).catch(() => null));
        return failureResponse(request.path, cause, { "Retry-After": String(seconds) });
      }
    },
  }));
