// Waiting, as those patterns need it that wait by themselves: a small port with the time and chance
// of the system it waits in, so that a test waits in virtual time.
import { Failure } from "#protocols/failure.ts";
import type { Clock, Random } from "#runtime/core/ports.ts";
import type { TimerHandle, TimerQueue } from "#runtime/core/timer-queue.ts";

export interface Delay {
  /** Milliseconds that never go back. */
  now(): number;
  /** At least 0 and below 1. */
  random(): number;
  /** Settles after `ms`; fails with `cancelled` at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Waiting on a system's own timers. An actor gets it among its arguments. */
export function delayOf(system: {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerQueue;
}): Delay {
  const { clock, random, timers } = system;
  return {
    now: () => clock.now(),
    random: () => random.next(),
    sleep: (ms, signal) => {
      if (signal?.aborted) return Promise.reject(interrupted());
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          timers.cancel(timer);
          reject(interrupted());
        };
        const timer: TimerHandle = timers.set(clock.now() + ms, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
  };
}

const interrupted = (): Failure => new Failure("cancelled", "the wait was broken off");
