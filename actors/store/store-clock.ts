// The store's clock: wall time that never goes back and never stands still. Pure.
//
// The wall clock may be set back; the monotonic clock does not count while the machine sleeps. So
// each reading is the later of the wall and of the last reading plus what the monotonic clock says
// has passed: leases always expire, and never get longer because somebody set a clock.

export class StoreClock {
  #nowMs = 0;
  #monotonicMs = 0;

  /** Milliseconds since 1970 UTC, whole. */
  read(reading: { readonly wallMs: number; readonly monotonicMs: number }): number {
    const passedMs = Math.max(0, reading.monotonicMs - this.#monotonicMs);
    this.#monotonicMs = reading.monotonicMs;
    this.#nowMs = Math.max(reading.wallMs, this.#nowMs === 0 ? 0 : this.#nowMs + passedMs);
    return Math.floor(this.#nowMs);
  }
}
