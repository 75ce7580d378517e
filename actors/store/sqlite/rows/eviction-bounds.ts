// The last in rank of all lanes of a queue, found without a look into each. Of every lane a bound is kept
// that none of its tasks which may give way comes behind. Only the lane with the last bound is looked into:
// when it has a task there, no lane has a later one; else its bound is what it has, and the next is asked.
//
//   bounds   a 90   b 70   c 40        a has 65: b is asked; b has 70: that is the last of all
import { SortedList } from "../../sorted-list.ts";

/** Where a task stands. */
export interface RankPlace {
  readonly rank: number;
  readonly seq: number;
}

interface Bound extends RankPlace {
  readonly needs: string;
}

const unknown: RankPlace = { rank: Number.POSITIVE_INFINITY, seq: 0 };

const order = (a: RankPlace, b: RankPlace): number =>
  a.rank === b.rank ? a.seq - b.seq : a.rank - b.rank;

const byName = (a: Bound, b: Bound): number => (a.needs < b.needs ? -1 : Number(a.needs > b.needs));

export class EvictionBounds {
  readonly #byNeeds = new Map<string, Bound>();
  readonly #order = new SortedList<Bound>((a, b) => order(a, b) || byName(a, b));

  /** Lanes of which nothing is known yet. */
  constructor(lanes: readonly string[]) {
    for (const needs of lanes) this.#set(needs, unknown);
  }

  get size(): number {
    return this.#byNeeds.size;
  }

  /** A task of the lane may give way now. */
  raise(needs: string, place: RankPlace): void {
    const known = this.#byNeeds.get(needs);
    if (known === undefined || order(known, place) < 0) this.#set(needs, place);
  }

  /** Nothing waits in the lane. */
  drop(needs: string): void {
    const known = this.#byNeeds.get(needs);
    if (known === undefined) return;
    this.#order.remove(known);
    this.#byNeeds.delete(needs);
  }

  /** `lastOf`: of the lane's tasks that may give way. Asked about as often as bounds were too high. */
  last<P extends RankPlace>(lastOf: (needs: string) => P | undefined): P | undefined {
    for (let bound = this.#order.last; bound !== undefined; bound = this.#order.last) {
      const found = lastOf(bound.needs);
      if (found && order(found, bound) === 0) return found;
      if (found) this.#set(bound.needs, found);
      else this.drop(bound.needs);
    }
    return undefined;
  }

  #set(needs: string, { rank, seq }: RankPlace): void {
    this.drop(needs);
    const bound = { needs, rank, seq };
    this.#byNeeds.set(needs, bound);
    this.#order.add(bound);
  }
}
