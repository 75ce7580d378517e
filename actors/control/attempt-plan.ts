// Whether a command that got no good answer is tried again, and when. Pure.
import { controlLimits } from "#protocols/control-limits.ts";
import type { Failure } from "#protocols/failure.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";

export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly failure: Failure;
  /** Milliseconds until the command's deadline. */
  readonly leftMs: number;
  /** At least 0 and below 1. */
  readonly chance: number;
}

export type NextAttempt =
  | { readonly kind: "again"; readonly delayMs: number }
  | { readonly kind: "over" };

const pauses = { delayMsMin: 50, delayMsMax: 1_000, factor: 3, jitter: 0.3 };

export function nextAttempt({ attempt, failure, leftMs, chance }: FailedAttempt): NextAttempt {
  if (!failure.isRetryable || attempt >= controlLimits.attemptsMax) return { kind: "over" };
  const delayMs = backoffDelay(pauses, attempt, chance);
  return delayMs < leftMs ? { kind: "again", delayMs } : { kind: "over" };
}

/** What is left is shared by the attempts to come, so that a lost one does not use up all. */
export function attemptMs(attempt: number, leftMs: number): number {
  const attemptsLeft = Math.max(1, controlLimits.attemptsMax - attempt + 1);
  return Math.max(1, Math.min(controlLimits.attemptMsMax, leftMs / attemptsLeft));
}
