// What is still to happen in a simulated run, by virtual time. Two things at the same time come in
// an order drawn from the seed, so that no run relies on the order in which they were entered.
//
// A binary heap: the children of entry i are 2i + 1 and 2i + 2, and none is earlier than its parent.
import { Failure } from "#protocols/failure.ts";
import type { SeededRandom } from "#runtime/core/random.ts";

interface Entry {
  readonly dueMs: number;
  readonly tie: number;
  readonly act: () => void;
}

/** So many events at one instant: time will never move again. */
const instantEventsMax = 1_000_000;
/** Puts an entry behind all others of its instant. */
const behind = 2 ** 32;

export class Agenda {
  nowMs = 0;
  /** Entries that came up so far. */
  events = 0;
  readonly #random: SeededRandom;
  readonly #heap: Entry[] = [];
  readonly #timeBits = new Float64Array(1);
  readonly #timeWords = new Uint32Array(this.#timeBits.buffer);
  #checksum = 0;
  #instantEvents = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** When the next entry is due; Infinity without one. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** Of the times and order of all events so far: equal runs, equal checksums. */
  get checksum(): number {
    return this.#checksum >>> 0;
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.nowMs + delayMs, act);
  }

  /** A time that has passed counts as now. */
  at(dueMs: number, act: () => void): void {
    this.#enter({ dueMs: Math.max(dueMs, this.nowMs), tie: this.#random.nextWord(), act });
  }

  /** Now, behind everything that is to happen now. */
  last(act: () => void): void {
    this.#enter({ dueMs: this.nowMs, tie: this.#random.nextWord() + behind, act });
  }

  /** Lets the next entry happen. Fails with `internal` when time cannot move any more. */
  step(): void {
    const next = this.#heap[0];
    if (next === undefined) return;
    this.#removeFirst();
    if (next.dueMs > this.nowMs) this.#instantEvents = 0;
    else if (++this.#instantEvents > instantEventsMax) throw restless(this.nowMs);
    this.nowMs = next.dueMs;
    this.events++;
    this.#mix(next);
    next.act();
  }

  /** Lets everything happen that is due until then. */
  runUntil(endMs: number): void {
    while (this.nextMs <= endMs) this.step();
    this.nowMs = Math.max(this.nowMs, endMs);
  }

  #enter(entry: Entry): void {
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

  #mix({ dueMs, tie }: Entry): void {
    this.#timeBits[0] = dueMs;
    const [low = 0, high = 0] = this.#timeWords;
    const word = Math.imul(low ^ high ^ tie, 0x9e37_79b1);
    this.#checksum = Math.imul(this.#checksum ^ word, 0x0100_0193) ^ (word >>> 15);
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.tie < b.tie);

const restless = (nowMs: number): Failure =>
  new Failure(
    "internal",
    `${instantEventsMax} events at ${nowMs} ms, and time cannot move: some actors send to one ` +
      "another without end; let them wait with ctx.after",
  );
