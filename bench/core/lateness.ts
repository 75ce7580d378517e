// How late the event loop comes back: a timer of one millisecond, again and again, while others work.
import type { Done, Trial } from "./contender.ts";

/** How late each of the timers within `ms` was. */
export async function latenessDuring(ms: number): Promise<readonly number[]> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  for (let now = startedAt; now - startedAt < ms; ) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const woken = performance.now();
    latenciesMs.push(Math.max(0, woken - now - 1));
    now = woken;
  }
  return latenciesMs;
}

/** Nothing but the timer: what the machine itself takes. */
export const emptyLoopLateness = (): Trial => ({
  run: async (ms) => countedTimers(await latenessDuring(ms)),
});

const countedTimers = (latenciesMs: readonly number[]): Done => ({
  count: latenciesMs.length,
  latenciesMs,
});
