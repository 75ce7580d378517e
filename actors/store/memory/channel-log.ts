// The events of one channel in memory, whose numbers have no gap: each is found by its number alone. The
// oldest are forgotten first.
import type { StoreEvent } from "#protocols/tasks/task-events.ts";

/** Forgotten places at the front, before the others move up. */
const emptyMax = 512;

export class ChannelLog {
  /** The number of the newest event, also when it was forgotten. */
  head = 0;
  #events: (StoreEvent | undefined)[] = [];
  /** Where the oldest stands. */
  #start = 0;

  get size(): number {
    return this.#events.length - this.#start;
  }

  get firstKept(): number {
    return this.head - this.size + 1;
  }

  after(seq: number, max: number): readonly StoreEvent[] {
    const from = this.#start + Math.max(0, seq + 1 - this.firstKept);
    return this.#events.slice(from, from + max).filter((event) => event !== undefined);
  }

  append(event: StoreEvent): void {
    this.#events.push(event);
    this.head = event.seq;
  }

  retract(): void {
    this.#events.pop();
    this.head -= 1;
  }

  dropOldest(): void {
    this.#events[this.#start] = undefined;
    this.#start += 1;
    if (this.#start < emptyMax && this.size > 0) return;
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }

  /** The one that was dropped last is there again. */
  putOldest(event: StoreEvent): void {
    if (this.#start === 0) {
      this.#events.unshift(event);
      return;
    }
    this.#start -= 1;
    this.#events[this.#start] = event;
  }
}
