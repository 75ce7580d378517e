// Calls at a directory that may be away: they wait and try again, within a time, then fail with
// `unavailable`. What the directory itself refuses is final at once.
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { Clock } from "#runtime/core/ports.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { TimerQueue } from "#runtime/core/timer-queue.ts";

export interface WaitingPorts {
  readonly clock: Clock;
  readonly timers: TimerQueue;
}

/** What says that nobody was there to decide. */
const transient: ReadonlySet<FailureCode> = new Set([
  "timeout",
  "actor_stopped",
  "actor_crashed",
  "node_down",
  "mailbox_full",
  "link_full",
  "not_found",
  "store_failed",
  "unavailable",
]);

/**
 * What the attempt comes to, made as often as needed; it hears how many milliseconds are left, and
 * whether an earlier one may have been done without our hearing of it.
 */
export async function patiently<T>(
  ports: WaitingPorts,
  withinMs: number,
  attempt: (leftMs: number, isRepeated: boolean) => Promise<T>,
): Promise<T> {
  const { clock, timers } = ports;
  const deadlineMs = clock.now() + withinMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(Math.max(1, deadlineMs - clock.now()), tries > 0);
    } catch (error) {
      const failure = Failure.of(error);
      if (!transient.has(failure.code)) throw failure;
      const pauseMs = retryMs(tries);
      if (clock.now() + pauseMs >= deadlineMs) throw away(withinMs, failure);
      await sleepUntil(timers, clock.now() + pauseMs, undefined);
    }
  }
}

/** Milliseconds to wait after so many failures in a row before. */
export const retryMs = (failures: number): number =>
  Math.min(directoryLimits.retryMsMax, directoryLimits.retryMsMin * 2 ** Math.min(failures, 10));

function away(withinMs: number, cause: Failure): Failure {
  const text = `the directory did not answer within ${withinMs} ms; refs that are held go on working, so try later (last seen: ${cause.message})`;
  return new Failure("unavailable", text, cause);
}
