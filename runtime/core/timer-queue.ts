// All timers of a node on one alarm: ordered by due millisecond, first set first rung within one.
// Buckets of a millisecond, each a ring of linked timers, make setting and cancelling O(1) without an
// allocation; only a new bucket costs O(log n). A cancelled timer leaves its bucket behind: those without a
// timer are thrown away when buckets have doubled, so that asks that were answered long before their time
// keep nothing until then.
import { heapPop, heapPush } from "./heap.ts";
import { invariant } from "./invariant.ts";
import type { Clock, Timers } from "./ports.ts";

/** Something that waits for its time; it stands in one queue at most. */
export interface Timer {
  dueMs: number;
  previous: Timer | undefined;
  next: Timer | undefined;
  ring(): void;
}

/** A timer that calls back. */
class CallbackTimer implements Timer {
  dueMs: number;
  previous: Timer | undefined;
  next: Timer | undefined;
  readonly ring: () => void;

  constructor(dueMs: number, ring: () => void) {
    this.dueMs = dueMs;
    this.ring = ring;
  }
}

/** The end and the beginning of a bucket's ring. */
class Bucket implements Timer {
  dueMs: number;
  previous: Timer = this;
  next: Timer = this;

  constructor(dueMs: number) {
    this.dueMs = dueMs;
  }

  get isEmpty(): boolean {
    return this.next === this;
  }

  add(timer: Timer): void {
    timer.previous = this.previous;
    timer.next = this;
    this.previous.next = timer;
    this.previous = timer;
  }

  ring(): void {}
}

/** Fewer buckets are left as they are, whatever is in them. */
const sweptMin = 1_024;

export class TimerQueue {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #buckets = new Map<number, Bucket>();
  /** Where the last timer was set: the asks of one millisecond mostly wait equally long. */
  #latest: Bucket | undefined;
  /** Binary heap of the buckets' milliseconds. */
  readonly #heap: number[] = [];
  /** So many buckets are looked through for empty ones. */
  #sweptAt = sweptMin;
  #alarmMs = Number.POSITIVE_INFINITY;
  /** While ringing, what is set for now comes in the next round: no timer starves the loop. */
  #ringingMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Milliseconds that are remembered, those whose timers were cancelled too: twice those in use at most. */
  get bucketCount(): number {
    return this.#buckets.size;
  }

  /** Rings once when the clock has reached `dueMs` (rounded up to a millisecond). */
  set(dueMs: number, ring: () => void): Timer {
    const timer = new CallbackTimer(dueMs, ring);
    this.arm(timer);
    return timer;
  }

  /** The same for a timer that stands in no queue. */
  arm(timer: Timer): void {
    invariant(!Number.isNaN(timer.dueMs), "a timer has a time");
    const dueMs = Math.max(Math.ceil(timer.dueMs), this.#ringingMs + 1);
    const latest = this.#latest;
    if (latest?.dueMs === dueMs) latest.add(timer);
    else this.#bucketAt(dueMs).add(timer);
  }

  /** Nothing happens for a timer that has rung or was cancelled. */
  cancel(timer: Timer): void {
    const { previous, next } = timer;
    if (previous === undefined || next === undefined) return;
    previous.next = next;
    next.previous = previous;
    timer.previous = undefined;
    timer.next = undefined;
  }

  /** Forgets all timers. */
  clear(): void {
    this.#latest = undefined;
    this.#buckets.clear();
    this.#heap.length = 0;
    this.#alarmMs = Number.POSITIVE_INFINITY;
    this.#timers.clear();
  }

  #bucketAt(dueMs: number): Bucket {
    let bucket = this.#buckets.get(dueMs);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweptAt) this.#sweep();
      bucket = new Bucket(dueMs);
      this.#buckets.set(dueMs, bucket);
      heapPush(this.#heap, dueMs);
      this.#setAlarm();
    }
    this.#latest = bucket;
    return bucket;
  }

  readonly #ring = (): void => {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    this.#ringingMs = Math.floor(now);
    this.#latest = undefined;
    for (let due = this.#heap[0]; due !== undefined && due <= now; due = this.#heap[0]) {
      heapPop(this.#heap);
      const bucket = this.#buckets.get(due);
      this.#buckets.delete(due);
      while (bucket && !bucket.isEmpty) {
        const timer = bucket.next;
        this.cancel(timer);
        timer.ring();
      }
    }
    this.#ringingMs = Number.NEGATIVE_INFINITY;
    this.#setAlarm();
  };

  /** Costs O(n log n), and at least as many buckets were made since the last time. */
  #sweep(): void {
    this.#latest = undefined;
    this.#heap.length = 0;
    for (const [dueMs, bucket] of this.#buckets) {
      // What the alarm is set for stays, so that it rings when it would have.
      if (bucket.isEmpty && dueMs !== this.#alarmMs) this.#buckets.delete(dueMs);
      else heapPush(this.#heap, dueMs);
    }
    this.#sweptAt = Math.max(sweptMin, 2 * this.#buckets.size);
  }

  #setAlarm(): void {
    const due = this.#heap[0];
    if (due === undefined || due >= this.#alarmMs || this.#ringingMs >= 0) return;
    this.#alarmMs = due;
    this.#timers.set(due, this.#ring, this.#isWanted);
  }

  /** Cancelled timers leave their buckets behind: with nothing but those there is nothing to ring for. */
  readonly #isWanted = (): boolean => {
    for (const bucket of this.#buckets.values()) if (!bucket.isEmpty) return true;
    this.#latest = undefined;
    this.#buckets.clear();
    this.#heap.length = 0;
    this.#alarmMs = Number.POSITIVE_INFINITY;
    return false;
  };
}
