// The time of the Redis server without asking for it each time: what it last said, and how long ago
// that was. Never ahead of the server by more than an answer takes to arrive, and never going back.
import { StoreClock } from "../store-clock.ts";

export class ServerClock {
  readonly #clock = new StoreClock();
  readonly #insteadMs: (() => number) | undefined;
  /** The server's time less what `performance.now()` says; undefined before its first answer. */
  #aheadMs: number | undefined;

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
    if (!this.#insteadMs) this.#clock.raise(seenMs);
  }

  nowMs(): number {
    return this.#insteadMs?.() ?? this.#read();
  }

  /** Milliseconds that the store's time was ahead of the server's clock at the last look; negative: behind. */
  get aheadMs(): number {
    return this.#insteadMs ? 0 : this.#clock.aheadMs;
  }

  /** Nothing is taken for the wall's time that the server has not said. */
  #read(): number {
    const monotonicMs = performance.now();
    if (this.#aheadMs === undefined) return Math.floor(monotonicMs);
    return this.#clock.read({ wallMs: monotonicMs + this.#aheadMs, monotonicMs });
  }
}
