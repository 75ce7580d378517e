// When who was refused by a full queue should come again: after the time in which what waits there has
// been worked off, by the pace at which the queue has drained of late.
import { Failure } from "#protocols/failure.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import { failureResponse } from "./http-message.ts";
import type { Route } from "./router.ts";

type Filling = Pick<
  QueueView,
  "pending" | "pendingMax" | "pendingBytes" | "pendingBytesMax" | "endedPerSecond"
>;

const secondsMax = 60;
/** Where nothing is known of the queue's pace. */
const secondsUsual = 10;

/** Whole seconds, by the fullest of the queues: 1 to 60. */
export function secondsUntilRoom(queues: readonly Filling[]): number {
  const [fullest] = [...queues].sort((a, b) => fillOf(b) - fillOf(a));
  if (fullest === undefined || fullest.endedPerSecond <= 0) return secondsUsual;
  const seconds = Math.ceil(fullest.pending / fullest.endedPerSecond);
  return Math.min(secondsMax, Math.max(1, seconds));
}

const fillOf = ({ pending, pendingMax, pendingBytes, pendingBytesMax }: Filling): number =>
  Math.max(pending / Math.max(1, pendingMax), pendingBytes / Math.max(1, pendingBytesMax));

/** The same routes; who is refused because a queue is full hears in `Retry-After` when to come again. */
export const withRetryHint = (
  routes: readonly Route[],
  queues: () => Promise<readonly Filling[]>,
): readonly Route[] =>
  routes.map((route) => ({
    ...route,
    handle: async (request) => {
      try {
        return await route.handle(request);
      } catch (cause) {
        if (!(cause instanceof Failure) || cause.code !== "queue_full") throw cause;
        const seconds = secondsUntilRoom(await queues().catch(() => []));
        return failureResponse(cause, { "Retry-After": String(seconds) });
      }
    },
  }));
