// A call through a circuit breaker: refused at once while the breaker is open, and what becomes of
// it is told to the breaker.
import { Failure } from "#protocols/failure.ts";
import { Refusal } from "#runtime/core/reply.ts";
import type { CallOutcome, CircuitBreaker } from "./circuit-breaker.ts";

/**
 * Makes the call when the breaker admits it; else fails with `circuit_open`, naming what failed and
 * the time to wait. Give `this.ctx` as the clock, and read `breaker.counts` for metrics.
 *
 * Against the dependency count the failures that trying again may heal, and bugs. One that answers
 * `not_found` or `invalid` works, and a cancelled call says nothing.
 */
export async function guarded<R>(
  breaker: CircuitBreaker,
  clock: { now(): number },
  call: () => R | Promise<R>,
): Promise<R> {
  const admission = breaker.admit(clock.now());
  if (admission.kind === "refused") {
    const waitMs = Math.ceil(admission.retryAfterMs);
    const text = `${breaker.name} has failed too often of late; ask again in ${waitMs} ms`;
    throw new Failure("circuit_open", text);
  }
  let outcome: CallOutcome = "succeeded";
  try {
    return await call();
  } catch (error) {
    outcome = outcomeOf(error instanceof Refusal ? error.failure : Failure.of(error));
    throw error;
  } finally {
    breaker.ended(admission.phase, outcome, clock.now());
  }
}

function outcomeOf(failure: Failure): CallOutcome {
  if (failure.code === "cancelled") return "withdrawn";
  return failure.isRetryable || failure.code === "internal" ? "failed" : "succeeded";
}
