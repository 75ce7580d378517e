// All timers of a node on one alarm: ordered by due millisecond, first set first rung within one.
// Buckets of a millisecond make setting and cancelling O(1); only a new bucket costs O(log n).
import { invariant } from "./invariant.ts";
import type { Clock, Timers } from "./ports.ts";

export interface TimerHandle {
  readonly dueMs: number;
  readonly ring: () => void;
}

export class TimerQueue {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #buckets = new Map<number, Set<TimerHandle>>();
  /** Binary heap of the buckets' milliseconds. */
  readonly #heap: number[] = [];
  #alarmMs = Number.POSITIVE_INFINITY;
  #ringing: Set<TimerHandle> | undefined;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Rings once when the clock has reached `dueMs` (rounded up to a millisecond). */
  set(dueMs: number, ring: () => void): TimerHandle {
    invariant(!Number.isNaN(dueMs), "a timer has a time");
    const handle: TimerHandle = { dueMs: Math.ceil(dueMs), ring };
    const bucket = this.#buckets.get(handle.dueMs);
    if (bucket) {
      bucket.add(handle);
      return handle;
    }
    this.#buckets.set(handle.dueMs, new Set([handle]));
    heapPush(this.#heap, handle.dueMs);
    this.#arm();
    return handle;
  }

  cancel(handle: TimerHandle): void {
    this.#buckets.get(handle.dueMs)?.delete(handle);
    this.#ringing?.delete(handle);
  }

  /** Forgets all timers. */
  clear(): void {
    this.#buckets.clear();
    this.#heap.length = 0;
    this.#alarmMs = Number.POSITIVE_INFINITY;
    this.#timers.clear();
  }

  readonly #ring = (): void => {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (let due = this.#heap[0]; due !== undefined && due <= now; due = this.#heap[0]) {
      heapPop(this.#heap);
      this.#ringing = this.#buckets.get(due);
      this.#buckets.delete(due);
      // One that is cancelled meanwhile is taken out of the set, and is not come to.
      for (const handle of this.#ringing ?? []) handle.ring();
    }
    this.#ringing = undefined;
    this.#arm();
  };

  #arm(): void {
    const due = this.#heap[0];
    if (due === undefined || due >= this.#alarmMs) return;
    this.#alarmMs = due;
    this.#timers.set(due, this.#ring);
  }
}

function heapPush(heap: number[], value: number): void {
  let index = heap.push(value) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] ?? value;
    if (above <= value) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = value;
}

function heapPop(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = left + 1;
    const leftValue = heap[left] ?? Number.POSITIVE_INFINITY;
    const rightValue = heap[right] ?? Number.POSITIVE_INFINITY;
    const smaller = Math.min(leftValue, rightValue);
    if (smaller >= last) break;
    heap[index] = smaller;
    index = leftValue <= rightValue ? left : right;
  }
  heap[index] = last;
}
