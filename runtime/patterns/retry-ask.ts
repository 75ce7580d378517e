// Asking again when an ask fails in a way that may pass: after a growing pause, and never beyond
// the time that its caller has.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { type BackoffSpec, backoffDelay } from "#runtime/core/backoff.ts";
import type { Delay } from "./delay.ts";

export interface RetryTerms {
  /**
   * Whether the ask may be handled twice. An ask that timed out or whose actor crashed was perhaps
   * handled: `idempotent` asks it again, `unhandled-only` again only what was certainly refused
   * before it was begun (a full mailbox, queue or link, a rate, an open breaker).
   */
  readonly repeat: "idempotent" | "unhandled-only";
  readonly attemptsMax: number;
  /** Milliseconds for all attempts and pauses together; what is left is each attempt's deadline. */
  readonly within: number;
  /** Milliseconds for one attempt. Default: all that is left. */
  readonly attemptWithin?: number;
  readonly backoff: BackoffSpec;
  readonly signal?: AbortSignal;
}

// Who refuses so has not begun. The names may stand in the table of codes or not yet.
const unhandled: ReadonlySet<string> = new Set([
  "mailbox_full",
  "link_full",
  "queue_full",
  "unavailable",
  "rate_limited",
  "circuit_open",
] satisfies readonly (FailureCode | "rate_limited" | "circuit_open")[]);

/**
 * Asks until it succeeds: `call` gets the ref with the attempt's deadline and signal. Fails with the
 * last failure's code when that cannot be retried, when the attempts are used up, or when the next
 * pause would not leave any time; with `cancelled` when the signal is aborted.
 */
export async function retryAsk<P, R>(
  ref: Ref<P>,
  call: (ref: Ref<P>) => Promise<R>,
  terms: RetryTerms,
  delay: Delay,
): Promise<R> {
  checkTerms(terms);
  const { signal } = terms;
  const endMs = delay.now() + terms.within;
  for (let attempt = 1; ; attempt += 1) {
    const leftMs = Math.max(0, endMs - delay.now());
    const within = Math.min(terms.attemptWithin ?? leftMs, leftMs);
    try {
      return await call(ref.$.with(signal ? { within, signal } : { within }));
    } catch (error) {
      const failure = Failure.of(error);
      const pauseMs = backoffDelay(terms.backoff, attempt, delay.random());
      const isLast = attempt === terms.attemptsMax || delay.now() + pauseMs >= endMs;
      if (isLast || !mayRepeat(failure, terms)) throw named(failure, attempt);
      await delay.sleep(pauseMs, signal);
    }
  }
}

const mayRepeat = (failure: Failure, { repeat }: RetryTerms): boolean =>
  repeat === "idempotent" ? failure.isRetryable : unhandled.has(failure.code);

const named = (failure: Failure, attempts: number): Failure =>
  attempts === 1
    ? failure
    : new Failure(failure.code, `${failure.detail} (given up after ${attempts} attempts)`, failure);

function checkTerms({ attemptsMax, within, attemptWithin }: RetryTerms): void {
  const rules: readonly (readonly [boolean, string])[] = [
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
