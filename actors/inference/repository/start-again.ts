// Pure. When a version that ended is loaded anew by itself.
import type { FailureCode } from "#protocols/failure-codes.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { Copy } from "./version-plan.ts";

/** Of one whose engines ended too often after they were warm. */
const lostMs = 30_000;
/** What it needs to be loaded is elsewhere, and away: the server that runs it. */
const away = { delayMsMin: 1_000, delayMsMax: 30_000, factor: 2, jitter: 0.2 };

/** `attempt` from 1, in a row. Undefined: what is wrong passes only when its files change. */
export function startAgainMs(
  { phase }: Pick<Copy, "phase">,
  end: { readonly code: FailureCode; readonly attempt: number; readonly chance: number },
): number | undefined {
  if (phase === "ready") return lostMs;
  return end.code === "unavailable" ? backoffDelay(away, end.attempt, end.chance) : undefined;
}

/** `tried 3 times in a row, next at 2026-01-01T00:00:00.000Z`; `nextAt`: milliseconds since 1970 UTC. */
export function triedText(attempts: number, nextAt: number): string {
  const times = attempts === 1 ? "once" : `${attempts} times in a row`;
  return `tried ${times}, next at ${new Date(nextAt).toISOString()}`;
}
