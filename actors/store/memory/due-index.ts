// Rows by the time at which something is to be done about them, soonest first. A row that names no time
// is not in it.
import type { Due } from "../shelf.ts";
import { SortedList } from "../sorted-list.ts";

type Tie = number | string;

interface Entry {
  readonly at: number;
  /** Orders those of one time. Unique. */
  readonly tie: Tie;
  /** By which the row is found. */
  readonly id: string;
}

export interface DueTerms<T> {
  at(row: T): number | null;
  tie(row: T): Tie;
  id(row: T): string;
}

export class DueIndex<T> {
  readonly #terms: DueTerms<T>;
  readonly #entries = new SortedList<Entry>(
    (a, b) => a.at - b.at || (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0),
  );

  constructor(terms: DueTerms<T>) {
    this.#terms = terms;
  }

  /** When the soonest is due. */
  get nextAt(): number | null {
    return this.#entries.first?.at ?? null;
  }

  replace(before: T | undefined, after: T | undefined): void {
    const former = before && this.#entryOf(before);
    const next = after && this.#entryOf(after);
    if (former && next && former.at === next.at) return;
    if (former) this.#entries.remove(former);
    if (next) this.#entries.add(next);
  }

  due({ nowMs, max }: Due): string[] {
    const ids: string[] = [];
    for (const { at, id } of this.all()) {
      if (at > nowMs || ids.length >= max) break;
      ids.push(id);
    }
    return ids;
  }

  /** All of them, soonest first. */
  all(): Iterable<Entry> {
    return this.#entries.from(() => false);
  }

  #entryOf(row: T): Entry | undefined {
    const at = this.#terms.at(row);
    return at === null ? undefined : { at, tie: this.#terms.tie(row), id: this.#terms.id(row) };
  }
}
