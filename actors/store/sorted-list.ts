// Items in order, in chunks of bounded size: adding and removing cost two binary searches and a move
// within one chunk, so a million items are as good as a thousand.
//
//   chunks  [a b c] [d e] [f g h i]      a chunk that grows too long is cut in two
//
// Items that compare as equal are the same item.

const chunkItemsMax = 512;

interface Place {
  readonly chunk: number;
  readonly index: number;
}

export class SortedList<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #chunks: T[][] = [];
  #size = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  get last(): T | undefined {
    return this.#chunks.at(-1)?.at(-1);
  }

  /** Takes the place of the one that it is equal to, if there is one. */
  add(item: T): void {
    const { chunk: at, index } = this.#placeOf((other) => this.#compare(other, item) < 0);
    const chunk = this.#chunks[at];
    const other = chunk?.[index];
    if (chunk && other !== undefined && this.#compare(other, item) === 0) {
      chunk[index] = item;
      return;
    }
    this.#size += 1;
    const last = this.#chunks.at(-1);
    if (chunk) this.#insert(at, chunk, index, item);
    // Behind all others: the common case, which leaves full chunks behind.
    else if (last && last.length < chunkItemsMax) last.push(item);
    else this.#chunks.push([item]);
  }

  /** Whether it was there. */
  remove(item: T): boolean {
    const { chunk: at, index } = this.#placeOf((other) => this.#compare(other, item) < 0);
    const chunk = this.#chunks[at];
    const found = chunk?.[index];
    if (!chunk || found === undefined || this.#compare(found, item) !== 0) return false;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.#size -= 1;
    return true;
  }

  /** The first items, at most so many. */
  take(max: number): T[] {
    const taken: T[] = [];
    for (const chunk of this.#chunks) {
      if (taken.length >= max) break;
      taken.push(...chunk.slice(0, max - taken.length));
    }
    return taken;
  }

  /** In order, from the first for which `isBefore` does not hold; it holds for all or none before. */
  *from(isBefore: (item: T) => boolean): Generator<T> {
    let { chunk: at, index } = this.#placeOf(isBefore);
    for (; at < this.#chunks.length; at += 1, index = 0) {
      const chunk = this.#chunks[at] ?? [];
      for (; index < chunk.length; index += 1) {
        const item = chunk[index];
        if (item !== undefined) yield item;
      }
    }
  }

  /** Against the order, from the last for which `isBefore` holds. */
  *downFrom(isBefore: (item: T) => boolean): Generator<T> {
    const place = this.#placeOf(isBefore);
    for (let at = place.chunk; at >= 0; at -= 1) {
      const chunk = this.#chunks[at] ?? [];
      let index = at === place.chunk ? place.index : chunk.length;
      for (index -= 1; index >= 0; index -= 1) {
        const item = chunk[index];
        if (item !== undefined) yield item;
      }
    }
  }

  #insert(at: number, chunk: T[], index: number, item: T): void {
    chunk.splice(index, 0, item);
    if (chunk.length <= chunkItemsMax) return;
    this.#chunks.splice(at + 1, 0, chunk.splice(chunkItemsMax / 2));
  }

  /** Of the first item for which `isBefore` does not hold; behind the last chunk when there is none. */
  #placeOf(isBefore: (item: T) => boolean): Place {
    const chunk = partition(this.#chunks, (items) => {
      const last = items.at(-1);
      return last !== undefined && isBefore(last);
    });
    return { chunk, index: partition(this.#chunks[chunk] ?? [], isBefore) };
  }
}

/** How many items come before the first for which `isBefore` does not hold. */
function partition<I>(items: readonly I[], isBefore: (item: I) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && isBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
