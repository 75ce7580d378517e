// Rows in memory by their id and, when they name a time, by that.
import type { Due } from "../shelf.ts";
import { DueIndex } from "./due-index.ts";

/** Whatever keeps rows; undefined stands for one that is not there. */
export interface Table<Row> {
  replace(before: Row | undefined, after: Row | undefined): void;
}

export class RowTable<Row> implements Table<Row> {
  readonly #id: (row: Row) => string;
  readonly #rows = new Map<string, Row>();
  readonly #due: DueIndex<Row>;

  constructor(terms: { readonly id: (row: Row) => string; readonly at?: (row: Row) => number }) {
    const { id, at = () => null } = terms;
    this.#id = id;
    this.#due = new DueIndex({ id, tie: id, at });
  }

  get all(): readonly Row[] {
    return [...this.#rows.values()];
  }

  get nextAt(): number | null {
    return this.#due.nextAt;
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  due(due: Due): readonly Row[] {
    return this.#due.due(due).flatMap((id) => this.#rows.get(id) ?? []);
  }

  replace(before: Row | undefined, after: Row | undefined): void {
    if (after) this.#rows.set(this.#id(after), after);
    else if (before) this.#rows.delete(this.#id(before));
    this.#due.replace(before, after);
  }
}
