// A token bucket in an actor: refuse what comes too fast, or wait until it is no longer too fast.
import { Failure } from "#protocols/failure.ts";
import { reply } from "#runtime/core/reply.ts";
import type { Delay } from "./delay.ts";
import type { TokenBucket } from "./token-bucket.ts";

/**
 * Takes tokens for the message in hand, or refuses it with `rate_limited`, naming the time to wait.
 * In a handler: `throttle(this.#bucket, this.ctx)`.
 */
export function throttle(bucket: TokenBucket, clock: { now(): number }, tokens = 1): void {
  const waitMs = bucket.take(tokens, clock.now());
  if (waitMs === 0) return;
  const { tokensPerSecond, burst } = bucket.spec;
  const text = `more than ${tokensPerSecond} a second after ${burst} at once; ask again in ${Math.ceil(waitMs)} ms`;
  throw reply(new Failure("rate_limited", text));
}

/**
 * Waits until the tokens could be taken. Who waits for few may overtake who waits for many; a caller
 * that needs an order awaits one before the next, as a handler does. Fails with `cancelled`.
 */
export async function paced(
  bucket: TokenBucket,
  delay: Delay,
  options: { readonly tokens?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  for (;;) {
    const waitMs = bucket.take(options.tokens ?? 1, delay.now());
    if (waitMs === 0) return;
    await delay.sleep(waitMs, options.signal);
  }
}
