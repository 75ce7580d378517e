// Successes and failures of the last so many milliseconds, in ten slices: a slice falls out as a
// whole, so the window is right to a tenth, and its memory does not grow with the calls. Pure.

const slicesCount = 10;

interface Slice {
  /** Number of the slice since time 0; which of the ten it is follows from it. */
  number: number;
  failed: number;
  total: number;
}

export class OutcomeWindow {
  readonly #sliceMs: number;
  readonly #slices: readonly Slice[];

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slicesCount;
    this.#slices = Array.from({ length: slicesCount }, emptySlice);
  }

  add(outcome: "succeeded" | "failed", nowMs: number): void {
    const number = Math.floor(nowMs / this.#sliceMs);
    const slice = this.#slices[number % slicesCount];
    if (!slice) return;
    if (slice.number !== number) Object.assign(slice, { number, failed: 0, total: 0 });
    slice.total += 1;
    if (outcome === "failed") slice.failed += 1;
  }

  /** Of the slices that have not fallen out at that time. */
  at(nowMs: number): { readonly failed: number; readonly total: number } {
    const oldest = Math.floor(nowMs / this.#sliceMs) - slicesCount + 1;
    let failed = 0;
    let total = 0;
    for (const slice of this.#slices) {
      if (slice.number < oldest) continue;
      failed += slice.failed;
      total += slice.total;
    }
    return { failed, total };
  }

  clear(): void {
    for (const slice of this.#slices) Object.assign(slice, emptySlice());
  }
}

// Before all time, so that it has always fallen out.
const emptySlice = (): Slice => ({ number: Number.NEGATIVE_INFINITY, failed: 0, total: 0 });
