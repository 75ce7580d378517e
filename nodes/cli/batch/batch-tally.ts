// What has become of the pictures of a batch so far: counts, failures by code, the pace and when it will
// be over. It keeps nothing of single pictures but one example of each kind of failure.
import type { PictureRecord } from "./picture-record.ts";

export interface FailureKind {
  readonly code: string;
  readonly count: number;
  /** The first picture of the kind, and why. */
  readonly picture: string;
  readonly detail: string;
}

export interface BatchSummary {
  readonly pictures: number;
  readonly repaired: number;
  readonly present: number;
  readonly failed: number;
  /** Neither done nor failed: the batch was stopped before. */
  readonly left: number;
  readonly failures: readonly FailureKind[];
  readonly elapsedMs: number;
  /** Repaired per second. */
  readonly rate: number;
}

export class BatchTally {
  readonly #pictures: number;
  readonly #startedMs: number;
  readonly #kinds = new Map<string, FailureKind>();
  readonly #counts = { repaired: 0, present: 0, failed: 0 };

  constructor({ pictures, nowMs }: { readonly pictures: number; readonly nowMs: number }) {
    this.#pictures = pictures;
    this.#startedMs = nowMs;
  }

  add(record: PictureRecord): void {
    this.#counts[record.status] += 1;
    if (record.status !== "failed") return;
    const { code, picture, detail } = record;
    const before = this.#kinds.get(code);
    const kind = before ?? { code, count: 0, picture, detail };
    this.#kinds.set(code, { ...kind, count: kind.count + 1 });
  }

  summary(nowMs: number): BatchSummary {
    const { repaired, present, failed } = this.#counts;
    const elapsedMs = Math.max(0, nowMs - this.#startedMs);
    return {
      pictures: this.#pictures,
      ...this.#counts,
      // More may have come into the folder since they were counted.
      left: Math.max(0, this.#pictures - repaired - present - failed),
      failures: [...this.#kinds.values()].sort((a, b) => b.count - a.count),
      elapsedMs,
      rate: elapsedMs === 0 ? 0 : (repaired * 1_000) / elapsedMs,
    };
  }
}

/** Milliseconds until the rest is done at the pace so far; null while none is known. */
export const remainingMs = ({ left, rate }: BatchSummary): number | null =>
  rate === 0 ? null : (left * 1_000) / rate;
