// Growable ring with a power-of-two size: O(1) push and shift, no memory while it was never used.

const sizeFirst = 8;

export class RingBuffer<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length += 1;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length -= 1;
    return item;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<T> {
    for (let offset = 0; offset < this.#length; offset += 1) {
      const item = this.#items[(this.#head + offset) & (this.#items.length - 1)];
      if (item !== undefined) yield item;
    }
  }

  #grow(): void {
    const items = Array.from(this);
    items.length = Math.max(sizeFirst, this.#items.length * 2);
    this.#items = items;
    this.#head = 0;
  }
}
