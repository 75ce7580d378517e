// Waiting for a time to pass, or for a signal that says not to.
import { Failure } from "#protocols/failure.ts";
import type { TimerQueue } from "./timer-queue.ts";

/** Settles at `dueMs` of the queue's clock; fails with `cancelled` at once when the signal aborts. */
export function sleepUntil(
  timers: TimerQueue,
  dueMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted) return Promise.reject(brokenOff());
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timers.cancel(timer);
      reject(brokenOff());
    };
    const timer = timers.set(dueMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

const brokenOff = (): Failure => new Failure("cancelled", "the wait was broken off");
