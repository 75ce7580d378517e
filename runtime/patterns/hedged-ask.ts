// A second ask when the first takes longer than most do: the tail of the latencies costs a few asks
// more instead of a long wait (Dean & Barroso 2013, "The Tail at Scale").
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Delay, endOf } from "./delay.ts";
import { type Contestant, firstSuccess } from "./first-success.ts";

export interface HedgeTerms {
  /** Milliseconds for all of it. */
  readonly within: number;
  /** The next actor is asked after so long; a high percentile of the usual time, as 95. */
  readonly hedgeAfterMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks the actors one after the other, each when the last has not answered for `hedgeAfterMs` or has
 * failed; the first success is the answer, and the other asks are cancelled. The same actor may
 * stand there twice. More than one may handle it: only for asks that change nothing, or that may be
 * done twice. Fails at once when a failure cannot be retried, else when all have failed. In a handler
 * give `this.ctx` as `delay`: all asks are made on behalf of its message.
 */
export function hedgedAsk<P, R>(
  refs: readonly Ref<P>[],
  call: (ref: Ref<P>) => Promise<R>,
  terms: HedgeTerms,
  delay: Delay,
): Promise<R> {
  const { hedgeAfterMs, within: withinMs } = terms;
  if (!(hedgeAfterMs >= 0 && withinMs >= 0 && Number.isFinite(withinMs))) {
    const text = `nothing was asked: hedged after ${hedgeAfterMs} ms within ${withinMs} ms; give numbers from 0`;
    return Promise.reject(new Failure("invalid", text));
  }
  const endMs = endOf(delay, withinMs);
  const contestants = refs.map<Contestant<R>>((ref) => {
    const asked = delay.via?.(ref) ?? ref;
    return (signal) => {
      const within = Math.max(0, endMs - delay.now());
      return call(asked.$.with({ within, signal }));
    };
  });
  return firstSuccess(contestants, {
    signal: terms.signal ?? delay.signal,
    stagger: { ms: hedgeAfterMs, delay },
    isFinal: (failure) => !failure.isRetryable,
  });
}
