// Waiting, as those patterns need it that wait by themselves: the time and chance of the system they
// wait in, so that a test waits in virtual time. Every actor's context is one.
import type { Clock, Random } from "#runtime/core/ports.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { TimerQueue } from "#runtime/core/timer-queue.ts";

export interface Delay {
  /** Milliseconds that never go back. */
  now(): number;
  /** At least 0 and below 1. */
  random(): number;
  /** Settles after `ms`; fails with `cancelled` at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Waiting on a system's own timers, for code outside of any actor. */
export function delayOf(system: {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerQueue;
}): Delay {
  const { clock, random, timers } = system;
  return {
    now: () => clock.now(),
    random: () => random.next(),
    sleep: (ms, signal) => sleepUntil(timers, clock.now() + ms, signal),
  };
}
