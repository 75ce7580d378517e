// Tries until it is answered, refused for good, or the deadline is near.
import { Failure } from "#protocols/failure.ts";
import { attemptMs, nextAttempt } from "./attempt-plan.ts";

export interface AttemptPorts {
  now(): number;
  random(): number;
  sleep(ms: number): Promise<void>;
}

export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly withinMs: number;
  /** How the one before failed. */
  readonly former: Failure | undefined;
}

/** Fails as the last attempt did. */
export async function attempts<T>(
  ports: AttemptPorts,
  deadlineMs: number,
  once: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  let former: Failure | undefined;
  for (let number = 1; ; number += 1) {
    const leftMs = deadlineMs - ports.now();
    if (leftMs <= 0)
      throw former ?? new Failure("timeout", "its deadline has passed; give it longer");
    try {
      return await once({ number, withinMs: attemptMs(number, leftMs), former });
    } catch (cause) {
      former = Failure.of(cause);
    }
    const next = nextAttempt({
      attempt: number,
      failure: former,
      leftMs: deadlineMs - ports.now(),
      chance: ports.random(),
    });
    if (next.kind === "over") throw former;
    await ports.sleep(next.delayMs);
  }
}
