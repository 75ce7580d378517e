// The time of the Redis server without asking for it each time: what it last said, and how long ago
// that was. Never ahead of the server by more than an answer takes to arrive, and never going back.
import { StoreClock } from "../store-clock.ts";

export class ServerClock {
  readonly #clock = new StoreClock();
  readonly #insteadMs: (() => number) | undefined;
  /** The server's time less ours. */
  #aheadMs = 0;

  /** `insteadMs`: the time in place of the server's. */
  constructor(insteadMs?: () => number) {
    this.#insteadMs = insteadMs;
  }

  /** The server's answer to TIME, which has just come. */
  said(serverMs: number): void {
    this.#aheadMs = serverMs - performance.now();
  }

  /** A time that was seen in the store: it is not earlier now. */
  raise(seenMs: number): void {
    if (!this.#insteadMs) this.#read(seenMs);
  }

  nowMs(): number {
    return this.#insteadMs?.() ?? this.#read(performance.now() + this.#aheadMs);
  }

  /** Milliseconds that the server's clock is ahead of this machine's. */
  get skewMs(): number {
    return Math.round(performance.now() + this.#aheadMs - Date.now());
  }

  #read(wallMs: number): number {
    return this.#clock.read({ wallMs, monotonicMs: performance.now() });
  }
}
