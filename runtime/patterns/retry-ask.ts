// Asking again when an ask fails in a way that may pass: after a growing pause, and never beyond
// the time that its caller has. In a handler all attempts are made on behalf of its message.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { type BackoffSpec, backoffDelay, checkBackoff } from "#runtime/core/backoff.ts";
import { type Delay, endOf } from "./delay.ts";

export interface RetryTerms {
  /**
   * Whether the ask may be handled twice. An ask that timed out or whose actor crashed was perhaps
   * handled: `idempotent` asks it again, `refused-only` again only after a code that says that it was
   * not begun (a full mailbox, queue or link, a rate, an open breaker). That trusts the code: a
   * handler that lets such a failure of another ask through may have begun, and has to answer with
   * one of its own, as `actor_crashed`.
   */
  readonly repeat: "idempotent" | "refused-only";
  readonly attemptsMax: number;
  /** Milliseconds for all attempts and pauses together; what is left is each attempt's deadline. */
  readonly within: number;
  /** Milliseconds for one attempt. Default: all that is left. */
  readonly attemptWithin?: number;
  readonly backoff: BackoffSpec;
  readonly signal?: AbortSignal;
}

// Who refuses so has not begun.
const refusals: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "mailbox_full",
  "link_full",
  "queue_full",
  "unavailable",
  "rate_limited",
  "circuit_open",
]);

/**
 * Asks until it succeeds: `call` gets the ref with the attempt's deadline and signal. Fails with the
 * last failure's code when that cannot be retried, when the attempts are used up, or when the next
 * pause would not leave any time; with `cancelled` when the signal is aborted, and with `invalid`,
 * asking nobody, for terms that make no sense. In a handler give `this.ctx` as `delay`.
 */
export async function retryAsk<P, R>(
  ref: Ref<P>,
  call: (ref: Ref<P>) => Promise<R>,
  terms: RetryTerms,
  delay: Delay,
): Promise<R> {
  checkTerms(terms);
  // Taken now: after a pause it may no longer be known for whom.
  const { signal: withdrawn } = delay;
  const signal = terms.signal ?? withdrawn;
  const endMs = endOf(delay, terms.within);
  const asked = delay.via?.(ref) ?? ref;
  for (let attempt = 1; ; attempt += 1) {
    const leftMs = Math.max(0, endMs - delay.now());
    const within = Math.min(terms.attemptWithin ?? leftMs, leftMs);
    try {
      return await call(asked.$.with(signal ? { within, signal } : { within }));
    } catch (error) {
      const failure = Failure.of(error);
      const pauseMs = backoffDelay(terms.backoff, attempt, delay.random());
      const isLast = attempt === terms.attemptsMax || delay.now() + pauseMs >= endMs;
      if (isLast || !mayRepeat(failure, terms)) throw named(failure, attempt);
      await delay.sleep(pauseMs, signal);
      if (withdrawn?.aborted) throw named(nobodyWaits(), attempt);
    }
  }
}

const mayRepeat = (failure: Failure, { repeat }: RetryTerms): boolean =>
  repeat === "idempotent" ? failure.isRetryable : refusals.has(failure.code);

const nobodyWaits = (): Failure =>
  new Failure("cancelled", "the message on whose behalf it was asked is not waited for any more");

const named = (failure: Failure, attempts: number): Failure =>
  attempts === 1
    ? failure
    : new Failure(failure.code, `${failure.detail} (given up after ${attempts} attempts)`, failure);

function checkTerms({ repeat, attemptsMax, within, attemptWithin, backoff }: RetryTerms): void {
  checkBackoff(backoff);
  const rules: readonly (readonly [boolean, string])[] = [
    [
      repeat === "idempotent" || repeat === "refused-only",
      `repeat is "idempotent" or "refused-only", not ${String(repeat)}`,
    ],
    [
      Number.isInteger(attemptsMax) && attemptsMax >= 1,
      `attemptsMax is a whole number from 1, not ${attemptsMax}`,
    ],
    [Number.isFinite(within) && within >= 0, `within is a number from 0, not ${within}`],
    [
      attemptWithin === undefined || attemptWithin > 0,
      `attemptWithin is above 0, not ${attemptWithin}`,
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new Failure("invalid", `nothing was asked: let it hold that ${broken[1]}`);
}
