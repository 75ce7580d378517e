// Rows in the order of one index, in memory: blocks of a few hundred, so that to put a row in or take
// one out moves the rest of a block and not all that follow. O(blocks + block size) at worst.
import type { Cell } from "./record-column.ts";
import { compareCells } from "./record-column.ts";
import type { KeptRow } from "./record-table.ts";

const blockRowsMax = 512;

export type Bounds = {
  /** What the first columns are. */
  readonly equal: readonly Cell[];
  readonly from: Cell | undefined;
  readonly before: Cell | undefined;
};

export class SortedRows {
  readonly #positions: readonly number[];
  #blocks: KeptRow[][] = [];

  /** `positions`: the columns to sort by; together they are different in each row. */
  constructor(positions: readonly number[]) {
    this.#positions = positions;
  }

  add(row: KeptRow): void {
    const at = this.#blocks.findIndex((block) => this.#isBefore(row, block.at(-1)));
    const block = this.#blocks[at] ?? this.#blocks.at(-1);
    if (!block) {
      this.#blocks = [[row]];
      return;
    }
    block.splice(this.#placeIn(block, row), 0, row);
    if (block.length <= blockRowsMax) return;
    const half = block.splice(blockRowsMax / 2);
    this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, half);
  }

  delete(row: KeptRow): void {
    const at = this.#blocks.findIndex((block) => !this.#isBefore(block.at(-1), row));
    const block = this.#blocks[at];
    const place = block ? this.#placeIn(block, row) : -1;
    if (!block || place < 0 || this.#compare(block[place], row) !== 0) return;
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** The rows within the bounds, in order. */
  *up(bounds: Bounds): Generator<KeptRow> {
    const low = [...bounds.equal, ...(bounds.from === undefined ? [] : [bounds.from])];
    for (const block of this.#blocks) {
      const last = block.at(-1);
      if (last && this.#against(last, low) < 0) continue;
      for (let at = this.#firstNotBelow(block, low); at < block.length; at++) {
        const row = block[at];
        if (!row || this.#isBeyond(row, bounds)) return;
        if (!this.#isNullAt(row, bounds)) yield row;
      }
    }
  }

  /** The rows within the bounds, last first. */
  *down(bounds: Bounds): Generator<KeptRow> {
    const low = [...bounds.equal, ...(bounds.from === undefined ? [] : [bounds.from])];
    for (const block of this.#blocks.toReversed()) {
      const first = block[0];
      if (first && this.#isBeyond(first, bounds)) continue;
      for (let at = this.#firstBeyond(block, bounds) - 1; at >= 0; at--) {
        const row = block[at];
        if (!row || this.#against(row, low) < 0 || this.#isNullAt(row, bounds)) return;
        yield row;
      }
    }
  }

  #compare(a: KeptRow | undefined, b: KeptRow | undefined): number {
    for (const position of this.#positions) {
      const order = compareCells(a?.cells[position] ?? null, b?.cells[position] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  }

  #isBefore(a: KeptRow | undefined, b: KeptRow | undefined): boolean {
    return this.#compare(a, b) < 0;
  }

  /** The row's first columns against these values. */
  #against(row: KeptRow, values: readonly Cell[]): number {
    for (const [index, value] of values.entries()) {
      const order = compareCells(row.cells[this.#positions[index] ?? 0] ?? null, value);
      if (order !== 0) return order;
    }
    return 0;
  }

  #isBeyond(row: KeptRow, { equal, before }: Bounds): boolean {
    const order = this.#against(row, equal);
    if (order !== 0 || before === undefined) return order > 0;
    return this.#against(row, [...equal, before]) >= 0;
  }

  /** A bounded column that is null is in no range, though it sorts first. */
  #isNullAt(row: KeptRow, { equal, from, before }: Bounds): boolean {
    if (from === undefined && before === undefined) return false;
    return row.cells[this.#positions[equal.length] ?? 0] === null;
  }

  #placeIn(block: readonly KeptRow[], row: KeptRow): number {
    return firstWhere(block, (other) => this.#compare(other, row) >= 0);
  }

  #firstNotBelow(block: readonly KeptRow[], low: readonly Cell[]): number {
    return firstWhere(block, (row) => this.#against(row, low) >= 0);
  }

  #firstBeyond(block: readonly KeptRow[], bounds: Bounds): number {
    return firstWhere(block, (row) => this.#isBeyond(row, bounds));
  }
}

/** The first place from which on the rows are so, by halving. */
function firstWhere(block: readonly KeptRow[], isSo: (row: KeptRow) => boolean): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = block[middle];
    if (row && isSo(row)) high = middle;
    else low = middle + 1;
  }
  return low;
}
