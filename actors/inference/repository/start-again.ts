// Pure. When a version that ended is loaded anew by itself.
import type { FailureCode } from "#protocols/failure-codes.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { Copy } from "./version-plan.ts";

/** Of one whose engines ended too often after they were warm. */
const lostMs = 30_000;
/** Of one that could not be loaded: its server is away, or its engine process ended. */
const unloaded = { delayMsMin: 1_000, delayMsMax: 30_000, factor: 2, jitter: 0.2 };

/**
 * Of one whose engine process ends while it loads. Once may be chance, or want of memory; so often it is
 * the model.
 */
const lostLoadsMax = 5;

/** `attempt` from 1, in a row. Undefined: what is wrong passes only when its files change. */
export function startAgainMs(
  { phase }: Pick<Copy, "phase">,
  end: { readonly code: FailureCode; readonly attempt: number; readonly chance: number },
): number | undefined {
  if (phase === "ready") return lostMs;
  const isPassing =
    end.code === "unavailable" || (end.code === "engine_lost" && end.attempt < lostLoadsMax);
  return isPassing ? backoffDelay(unloaded, end.attempt, end.chance) : undefined;
}

/** `tried 3 times in a row, next at 2026-01-01T00:00:00.000Z`; `nextAt`: milliseconds since 1970 UTC. */
export function triedText(attempts: number, nextAt: number): string {
  const times = attempts === 1 ? "once" : `${attempts} times in a row`;
  return `tried ${times}, next at ${new Date(nextAt).toISOString()}`;
}
