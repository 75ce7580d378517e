// The store's clock: wall time that never goes back and never stands still. Pure.
//
// The wall clock may be set back; the monotonic clock does not count while the machine sleeps. So
// each reading is the later of the wall and of the last reading plus what the monotonic clock says
// has passed: leases always expire, and never get longer because somebody set a clock. A store that
// begins anew raises its clock to the newest time that it has kept, so that the same holds over lives.

export class StoreClock {
  #nowMs = 0;
  /** Undefined before the first reading. */
  #monotonicMs: number | undefined;

  /** Milliseconds since 1970 UTC, whole. */
  read(reading: { readonly wallMs: number; readonly monotonicMs: number }): number {
    const { monotonicMs, wallMs } = reading;
    const passedMs = Math.max(0, monotonicMs - (this.#monotonicMs ?? monotonicMs));
    this.#monotonicMs = monotonicMs;
    this.#nowMs = Math.max(wallMs, this.#nowMs + passedMs);
    return Math.floor(this.#nowMs);
  }

  /** So late it was already when the store was written: it is not earlier now. */
  raise(seenMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, seenMs);
  }
}
