// The first entries of a sorted set in Redis, as far as they are known: all of them, or all up to a
// bound. What lies behind the bound is not known, so changes there are not noted.
//
//   known ────────────────────► bound │ not known
//   (rank 3) (rank 5) (rank 5) (rank 8)

export interface Ranked {
  readonly score: number;
  readonly member: string;
}

/** Redis's order: by score, then by the member's bytes. */
export const rankedBefore = (a: Ranked, b: Ranked): number => {
  if (a.score !== b.score) return a.score - b.score;
  return a.member < b.member ? -1 : Number(a.member > b.member);
};

const beforeAll: Ranked = { score: Number.NEGATIVE_INFINITY, member: "" };

export class SortedWindow {
  readonly #entries: Ranked[];
  /** Undefined: the whole set is known. */
  #bound: Ranked | undefined;

  constructor(entries: readonly Ranked[], isWhole: boolean) {
    this.#entries = [...entries];
    this.#bound = isWhole ? undefined : (entries.at(-1) ?? beforeAll);
  }

  get size(): number {
    return this.#entries.length;
  }

  get isWhole(): boolean {
    return this.#bound === undefined;
  }

  /** The first entries; undefined when fewer are known, and there may be more. */
  first(count: number): readonly Ranked[] | undefined {
    if (this.#entries.length < count && this.#bound !== undefined) return undefined;
    return this.#entries.slice(0, count);
  }

  /** Whether it was noted: it lies within what is known, and was not there. */
  put(entry: Ranked): boolean {
    if (this.#bound !== undefined && rankedBefore(entry, this.#bound) > 0) return false;
    const at = this.#placeOf(entry);
    if (this.#isAt(at, entry)) return false;
    this.#entries.splice(at, 0, entry);
    return true;
  }

  /** Whether it was there. */
  remove(entry: Ranked): boolean {
    const at = this.#placeOf(entry);
    if (!this.#isAt(at, entry)) return false;
    this.#entries.splice(at, 1);
    return true;
  }

  /** Forgets all but the first entries. */
  keep(count: number): void {
    if (this.#entries.length <= count) return;
    this.#entries.length = count;
    this.#bound = this.#entries.at(-1);
  }

  #isAt(at: number, entry: Ranked): boolean {
    const there = this.#entries[at];
    return there !== undefined && rankedBefore(there, entry) === 0;
  }

  #placeOf(entry: Ranked): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#entries[middle];
      if (there !== undefined && rankedBefore(there, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
