// Waiting, as those patterns need it that wait by themselves: the time and chance of the system they
// wait in, so that a test waits in virtual time. Every actor's context is one.
import type { Ref } from "#protocols/actor-ref.ts";
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
  /** Milliseconds that whoever waits has himself. Default: no bound. */
  readonly remaining?: number;
  /** Aborted when nobody waits any more for what is done meanwhile. Default: never. */
  readonly signal?: AbortSignal;
  /** The ref, sending on behalf of the message in hand also after a pause. Default: as it is. */
  via?<P>(ref: Ref<P>): Ref<P>;
}

/** When an ask must have ended that is given so long: its own asker may have less time. */
export const endOf = (delay: Delay, within: number): number =>
  delay.now() + Math.min(within, delay.remaining ?? within);

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
