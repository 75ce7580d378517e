// The store's clock: wall time that never goes back and never stands still. Pure.
//
// The wall clock may be set back; the monotonic clock does not count while the machine sleeps. So
// each reading is the later of the wall and of the last reading plus what the monotonic clock says
// has passed: leases always expire, and never get longer because somebody set a clock. A store that
// begins anew raises its clock to the newest time that it has kept, so that the same holds over lives.
//
// A wall clock that was wrong for a while must not keep the store ahead for ever. Two bounds see to it:
// a leap of the wall by more than `clockLeapMsMax` is believed only when it lasts, and while the store is
// ahead of the wall its time passes more slowly, until the wall has caught up: at half the speed beyond
// `clockAheadMsMax`, a tenth slower within it. Leases get longer by that, never shorter.
import { storeLimits } from "#protocols/store-limits.ts";

const { clockAheadMsMax, clockLeapBelievedMs, clockLeapMsMax } = storeLimits;
/** Of the time that passes, while the wall is waited for. */
const speeds = { far: 0.5, near: 0.9 } as const;

export interface StoreClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export class StoreClock {
  #nowMs = 0;
  /** Undefined before the first reading. */
  #monotonicMs: number | undefined;
  /** By the monotonic clock; undefined while the wall says nothing odd. */
  #leaptAtMs: number | undefined;
  #aheadMs = 0;

  /** Milliseconds since 1970 UTC, whole. */
  read({ wallMs, monotonicMs }: StoreClockReading): number {
    const formerMs = this.#monotonicMs;
    const passedMs = Math.max(0, monotonicMs - (formerMs ?? monotonicMs));
    this.#monotonicMs = monotonicMs;
    const aheadMs = this.#nowMs + passedMs - wallMs;
    const ownMs = this.#nowMs + passedMs * speedAt(aheadMs);
    // At the first reading there is nothing but the wall to go by.
    const isLeap = formerMs !== undefined && wallMs - ownMs > clockLeapMsMax;
    this.#nowMs = isLeap && !this.#lasts(monotonicMs) ? ownMs : Math.max(wallMs, ownMs);
    if (!isLeap) this.#leaptAtMs = undefined;
    this.#aheadMs = this.#nowMs - wallMs;
    return Math.floor(this.#nowMs);
  }

  /** So late it was already when the store was written: it is not earlier now. */
  raise(seenMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, seenMs);
  }

  /** Milliseconds that the last reading was ahead of the wall; negative while a leap is doubted. */
  get aheadMs(): number {
    return Math.round(this.#aheadMs);
  }

  #lasts(monotonicMs: number): boolean {
    this.#leaptAtMs ??= monotonicMs;
    return monotonicMs - this.#leaptAtMs >= clockLeapBelievedMs;
  }
}

function speedAt(aheadMs: number): number {
  if (aheadMs <= 0) return 1;
  return aheadMs > clockAheadMsMax ? speeds.far : speeds.near;
}
