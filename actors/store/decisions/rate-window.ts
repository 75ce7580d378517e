// How much of something a queue saw of late: counts of the running ten seconds and of the ten before,
// of which as much counts as is not yet ten seconds old. Pure.
import type { RateWindow } from "../records.ts";

const spanMs = 10_000;

export const windowFrom = (nowMs: number): RateWindow => ({
  startedAt: nowMs,
  claims: 0,
  retries: 0,
  ended: 0,
  claimsBefore: 0,
  retriesBefore: 0,
  endedBefore: 0,
});

/** The window as it is now. */
export function turned(window: RateWindow, nowMs: number): RateWindow {
  const passedMs = nowMs - window.startedAt;
  if (passedMs < spanMs) return window;
  if (passedMs >= 2 * spanMs) return windowFrom(nowMs);
  return {
    ...windowFrom(window.startedAt + spanMs),
    claimsBefore: window.claims,
    retriesBefore: window.retries,
    endedBefore: window.ended,
  };
}

/** How many of them there were in the last ten seconds. */
export function lately(
  window: RateWindow,
  what: "claims" | "retries" | "ended",
  nowMs: number,
): number {
  const now = turned(window, nowMs);
  const share = 1 - (nowMs - now.startedAt) / spanMs;
  return now[what] + now[`${what}Before`] * share;
}

/** Milliseconds until so many will have ended at that rate; null while nothing ends. */
export function drainMs(window: RateWindow, count: number, nowMs: number): number | null {
  const ended = lately(window, "ended", nowMs);
  return ended > 0 ? Math.ceil((count * spanMs) / ended) : null;
}
