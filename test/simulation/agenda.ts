// What is still to happen in a simulated run, by virtual time. Two things at the same time come in
// an order drawn from the seed, so that no run relies on the order in which they were entered.
//
// A binary heap: the children of entry i are 2i + 1 and 2i + 2, and none is earlier than its parent.
import type { SeededRandom } from "#runtime/core/random.ts";

interface Entry {
  readonly dueMs: number;
  readonly tie: number;
  readonly act: () => void;
}

export class Agenda {
  nowMs = 0;
  /** Entries that came up so far. */
  events = 0;
  readonly #random: SeededRandom;
  readonly #heap: Entry[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.nowMs + delayMs, act);
  }

  /** A time that has passed counts as now. */
  at(dueMs: number, act: () => void): void {
    const entry = { dueMs: Math.max(dueMs, this.nowMs), tie: this.#random.nextWord(), act };
    let index = this.#heap.length;
    this.#heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.#heap[index] = above;
      index = parent;
    }
    this.#heap[index] = entry;
  }

  /** Lets everything happen that is due until then. */
  runUntil(endMs: number): void {
    for (let next = this.#heap[0]; next && next.dueMs <= endMs; next = this.#heap[0]) {
      this.#removeFirst();
      this.nowMs = next.dueMs;
      this.events++;
      next.act();
    }
    this.nowMs = Math.max(this.nowMs, endMs);
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (;;) {
      const child = this.#earlierChild(index);
      const below = this.#heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      this.#heap[index] = below;
      index = child;
    }
    this.#heap[index] = last;
  }

  #earlierChild(index: number): number {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    return left && right && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.tie < b.tie);
