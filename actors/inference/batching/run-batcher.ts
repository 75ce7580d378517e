// Pure. Decides which waiting items run together, and when. Only items of one bucket join: those whose
// tensors have the same types and shapes but for the batch.
//
// A bucket is due when it is full; when it has reached a preferred size; when it has waited long enough; or
// when waiting longer would make an item late, by how long such a batch has taken of late. Of several buckets
// that are due the one with the oldest item goes first. Deferred batching is Triton's dynamic batcher; the
// deadline is Clipper's. How long is long enough is said by the terms, or follows from what waiting has
// brought (`bucket-runs.ts`).
import { Failure } from "#protocols/failure.ts";
import { BucketRuns } from "./bucket-runs.ts";
import type { SizeBuckets } from "./size-buckets.ts";

export interface BatchTerms {
  /** 1: nothing is batched. */
  readonly itemsMax: number;
  /** Sizes that run well, ascending, each at most `itemsMax`. */
  readonly preferred: readonly number[];
  /**
   * An item waits so long for others; 0: only for those that are there already. `while it pays`: from when it
   * could run, for as long as one more item saves, if others have come within that time of late.
   */
  readonly delayMsMax: number | "while it pays";
  /** To which pictures are padded before they are joined. Default: each is run in its own size. */
  readonly sizes?: SizeBuckets;
}

export const unbatched: BatchTerms = { itemsMax: 1, preferred: [], delayMsMax: 0 };

export interface WaitingItem {
  readonly id: number;
  readonly bucket: string;
  readonly arrivedMs: number;
  /** When its run has to have ended for its answer to be of use; Infinity: never. */
  readonly deadlineMs: number;
}

export type BatchDecision =
  | { readonly kind: "run"; readonly bucket: string; readonly items: readonly number[] }
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "idle" };

/** Items that wait, of all buckets. Full: the next one is refused with `queue_full`. */
export const batchItemsMax = 1_024;
/** Buckets whose times are remembered. Full: the one measured longest ago is forgotten. */
const bucketsKnownMax = 256;
/** What waits where nothing was run yet, and nobody knows what waiting pays. */
const firstDelayMs = 5;

/** Fails with `invalid` when the terms contradict one another. */
export function checkTerms({ itemsMax, preferred, delayMsMax, sizes }: BatchTerms): void {
  const sides = sizes && "sides" in sizes ? sizes.sides : [];
  if (!isAscending(sides)) {
    throw new Failure("invalid", `the sides ${sides.join(", ")} of sizes: give them ascending`);
  }
  if (
    itemsMax >= 1 &&
    (delayMsMax === "while it pays" || delayMsMax >= 0) &&
    isAscending(preferred) &&
    (preferred.at(-1) ?? 1) <= itemsMax
  )
    return;
  const within = typeof delayMsMax === "number" ? `within ${delayMsMax} ms` : delayMsMax;
  const seen = `${itemsMax} items ${within}, preferably ${preferred.join(", ") || "any"}`;
  throw new Failure("invalid", `${seen}: give sizes ascending, none above the most`);
}

const isAscending = (sizes: readonly number[]): boolean =>
  sizes.every((size, at) => size > (sizes[at - 1] ?? 0));

export class RunBatcher {
  readonly #terms: BatchTerms;
  /** In order of arrival, by bucket; none is empty. */
  readonly #buckets = new Map<string, readonly WaitingItem[]>();
  readonly #runs = new Map<string, BucketRuns>();
  #count = 0;

  /** Fails as `checkTerms`. */
  constructor(terms: BatchTerms) {
    checkTerms(terms);
    this.#terms = terms;
  }

  get count(): number {
    return this.#count;
  }

  /** Fails with `queue_full`. */
  add(item: WaitingItem): void {
    if (this.#count >= batchItemsMax) {
      throw new Failure("queue_full", `${batchItemsMax} items wait for a run: come again later`);
    }
    this.#buckets.set(item.bucket, [...(this.#buckets.get(item.bucket) ?? []), item]);
    this.#count += 1;
    this.#runs.get(item.bucket)?.came(item.arrivedMs);
  }

  /** False when it does not wait any more. */
  withdraw(id: number): boolean {
    for (const [bucket, items] of this.#buckets) {
      if (!items.some((item) => item.id === id)) continue;
      this.#keep(
        bucket,
        items.filter((item) => item.id !== id),
      );
      return true;
    }
    return false;
  }

  /** How long a run of so many items of a bucket has taken; of sizes that it would not decide on nothing is kept. */
  measured(bucket: string, size: number, ms: number): void {
    if (size < 1 || size > this.#terms.itemsMax) return;
    const runs = this.#runs.get(bucket) ?? new BucketRuns();
    this.#runs.delete(bucket);
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined && this.#runs.size >= bucketsKnownMax) this.#runs.delete(oldest);
    runs.measured(size, ms);
    this.#runs.set(bucket, runs);
  }

  /** How long a run of so many items of a bucket has taken of late; undefined: none was measured. */
  expectedMs(bucket: string, size: number): number | undefined {
    return this.#runs.get(bucket)?.expectedMs(size);
  }

  /** A run can begin: takes out what is to; asked again when that is done, something came, or `untilMs` is there. */
  next(nowMs: number): BatchDecision {
    let first: { readonly bucket: string; readonly size: number; readonly ms: number } | undefined;
    let untilMs = Number.POSITIVE_INFINITY;
    for (const [bucket, items] of this.#buckets) {
      const oldestMs = items[0]?.arrivedMs ?? nowMs;
      const dueMs = this.#dueMs(bucket, items, nowMs);
      untilMs = Math.min(untilMs, dueMs);
      if (dueMs <= nowMs && (first === undefined || oldestMs < first.ms)) {
        first = { bucket, size: Math.min(items.length, this.#terms.itemsMax), ms: oldestMs };
      }
    }
    if (first) return { kind: "run", bucket: first.bucket, items: this.#take(first) };
    return this.#count === 0 ? { kind: "idle" } : { kind: "wait", untilMs };
  }

  /** -Infinity: now, since waiting makes nothing better. */
  #dueMs(bucket: string, items: readonly WaitingItem[], nowMs: number): number {
    const { itemsMax, preferred } = this.#terms;
    if (items.length >= itemsMax || preferred.includes(items.length)) {
      return Number.NEGATIVE_INFINITY;
    }
    const deadlineMs = Math.min(...items.map((item) => item.deadlineMs));
    const lastMs = deadlineMs - this.#likelyMs(bucket, items.length);
    return Math.min(this.#waitUntilMs(bucket, items, nowMs), lastMs);
  }

  #waitUntilMs(bucket: string, items: readonly WaitingItem[], nowMs: number): number {
    const { delayMsMax } = this.#terms;
    const oldestMs = items[0]?.arrivedMs ?? 0;
    if (delayMsMax !== "while it pays") return oldestMs + delayMsMax;
    const runs = this.#runs.get(bucket);
    if (!runs) return oldestMs + firstDelayMs;
    return runs.waitUntilMs(items.length, nowMs);
  }

  /** A bucket that has not run yet takes as long as the slowest that has, as when the model was warmed. */
  #likelyMs(bucket: string, size: number): number {
    const expectedMs = this.expectedMs(bucket, size);
    if (expectedMs !== undefined) return expectedMs;
    return Math.max(0, ...[...this.#runs.values()].map((other) => other.expectedMs(size)));
  }

  #take({ bucket, size }: { readonly bucket: string; readonly size: number }): readonly number[] {
    const items = this.#buckets.get(bucket) ?? [];
    this.#runs.get(bucket)?.left();
    this.#keep(bucket, items.slice(size));
    return items.slice(0, size).map(({ id }) => id);
  }

  #keep(bucket: string, items: readonly WaitingItem[]): void {
    this.#count += items.length - (this.#buckets.get(bucket)?.length ?? 0);
    if (items.length > 0) {
      this.#buckets.set(bucket, items);
      return;
    }
    this.#buckets.delete(bucket);
    this.#runs.get(bucket)?.left();
  }
}
