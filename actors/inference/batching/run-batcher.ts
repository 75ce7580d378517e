// Pure. Decides which waiting items run together, and when. Only items of one bucket join: those whose
// tensors have the same types and shapes but for the batch.
//
// A bucket is due when it is full; when it has reached a preferred size; when its oldest item has waited
// long enough; or when waiting longer would make an item late, by how long such a batch has taken of
// late. Of several buckets that are due the one with the oldest item goes first. Deferred batching is
// Triton's dynamic batcher; the deadline is Clipper's.
import { Failure } from "#protocols/failure.ts";
import type { SizeBuckets } from "./size-buckets.ts";

export interface BatchTerms {
  /** 1: nothing is batched. */
  readonly itemsMax: number;
  /** Sizes that run well, ascending, each at most `itemsMax`. */
  readonly preferred: readonly number[];
  /** An item waits so long for others; 0: only for those that are there already. */
  readonly delayMsMax: number;
  /** To which pictures are padded before they are joined. Default: each is run in its own size. */
  readonly sizes?: SizeBuckets;
}

export const unbatched: BatchTerms = { itemsMax: 1, preferred: [], delayMsMax: 0 };

export interface WaitingItem {
  readonly id: number;
  readonly bucket: string;
  readonly arrivedMs: number;
  /** When its answer is of no use any more; Infinity for never. */
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
/** How much the newest time counts. */
const newestShare = 0.25;

/** Fails with `invalid` when the terms contradict one another. */
export function checkTerms({ itemsMax, preferred, delayMsMax, sizes }: BatchTerms): void {
  const sides = sizes && "sides" in sizes ? sizes.sides : [];
  if (!isAscending(sides)) {
    throw new Failure("invalid", `the sides ${sides.join(", ")} of sizes: give them ascending`);
  }
  if (
    itemsMax >= 1 &&
    delayMsMax >= 0 &&
    isAscending(preferred) &&
    (preferred.at(-1) ?? 1) <= itemsMax
  )
    return;
  const seen = `${itemsMax} items within ${delayMsMax} ms, preferably ${preferred.join(", ") || "any"}`;
  throw new Failure("invalid", `${seen}: give sizes ascending, none above the most`);
}

interface RunTime {
  readonly ms: number;
  readonly isFirst: boolean;
}

/** By the nearest size that was measured, in proportion. */
function expectedOf(times: ReadonlyMap<number, RunTime>, size: number): number {
  const [nearest] = [...times].sort(([a], [b]) => Math.abs(a - size) - Math.abs(b - size));
  return nearest === undefined ? 0 : (nearest[1].ms * size) / nearest[0];
}

const isAscending = (sizes: readonly number[]): boolean =>
  sizes.every((size, at) => size > (sizes[at - 1] ?? 0));

export class RunBatcher {
  readonly #terms: BatchTerms;
  /** In order of arrival, by bucket; none is empty. */
  readonly #buckets = new Map<string, readonly WaitingItem[]>();
  readonly #runMs = new Map<string, Map<number, RunTime>>();
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
    const times = this.#runMs.get(bucket) ?? new Map<number, RunTime>();
    this.#runMs.delete(bucket);
    const [oldest] = this.#runMs.keys();
    if (oldest !== undefined && this.#runMs.size >= bucketsKnownMax) this.#runMs.delete(oldest);
    const former = times.get(size);
    // The first run of a size costs something of its own: the second one counts in its place.
    const share = former?.isFirst === false ? newestShare : 1;
    const before = former?.ms ?? ms;
    times.set(size, { ms: before + share * (ms - before), isFirst: former === undefined });
    this.#runMs.set(bucket, times);
  }

  /** Takes out what is to run; asked again when that is done, something came, or `untilMs` is there. */
  next(nowMs: number): BatchDecision {
    let first: { readonly bucket: string; readonly size: number; readonly ms: number } | undefined;
    let untilMs = Number.POSITIVE_INFINITY;
    for (const [bucket, items] of this.#buckets) {
      const oldestMs = items[0]?.arrivedMs ?? nowMs;
      const dueMs = this.#dueMs(bucket, items);
      untilMs = Math.min(untilMs, dueMs);
      if (dueMs <= nowMs && (first === undefined || oldestMs < first.ms)) {
        first = { bucket, size: Math.min(items.length, this.#terms.itemsMax), ms: oldestMs };
      }
    }
    if (first) return { kind: "run", bucket: first.bucket, items: this.#take(first) };
    return this.#count === 0 ? { kind: "idle" } : { kind: "wait", untilMs };
  }

  /** -Infinity: now, since waiting makes nothing better. */
  #dueMs(bucket: string, items: readonly WaitingItem[]): number {
    const { itemsMax, preferred, delayMsMax } = this.#terms;
    if (items.length >= itemsMax || preferred.includes(items.length)) {
      return Number.NEGATIVE_INFINITY;
    }
    const oldestMs = items[0]?.arrivedMs ?? 0;
    const deadlineMs = Math.min(...items.map((item) => item.deadlineMs));
    const lastMs = deadlineMs - this.#expectedMs(bucket, items.length);
    return Math.min(oldestMs + delayMsMax, lastMs);
  }

  /** A bucket that has not run yet takes as long as the slowest that has, as when the model was warmed. */
  #expectedMs(bucket: string, size: number): number {
    const times = this.#runMs.get(bucket);
    if (times) return expectedOf(times, size);
    return Math.max(0, ...[...this.#runMs.values()].map((other) => expectedOf(other, size)));
  }

  #take({ bucket, size }: { readonly bucket: string; readonly size: number }): readonly number[] {
    const items = this.#buckets.get(bucket) ?? [];
    this.#keep(bucket, items.slice(size));
    return items.slice(0, size).map(({ id }) => id);
  }

  #keep(bucket: string, items: readonly WaitingItem[]): void {
    this.#count += items.length - (this.#buckets.get(bucket)?.length ?? 0);
    if (items.length === 0) this.#buckets.delete(bucket);
    else this.#buckets.set(bucket, items);
  }
}
