// Rows of one table as a batch has changed them and the file does not have them yet. A row that changes
// more than once within a batch is written once, as it is at the end:
//
//   submit a   claim a   submit b          before the commit: a (running), b (pending), one statement each
//
// A call that fails is undone here as in the file: by what stood before its first change.

export interface PendingRow<R> {
  /** Undefined: it goes. */
  readonly row: R | undefined;
  /** What the file has, as far as it is known; undefined: nothing. */
  readonly stored: R | undefined;
}

export class PendingRows<R> {
  readonly #rows = new Map<string, PendingRow<R>>();
  /** Of the call in hand: what stood here before it changed that, or wrote it to the file. */
  readonly #before = new Map<string, PendingRow<R> | undefined>();

  get size(): number {
    return this.#rows.size;
  }

  get(name: string): PendingRow<R> | undefined {
    return this.#rows.get(name);
  }

  /** `former`: the row as it was read. */
  put(name: string, row: R | undefined, former: R | undefined): void {
    const pending = this.#rows.get(name);
    this.#remember(name, pending);
    this.#rows.set(name, { row, stored: pending ? pending.stored : former });
  }

  /** Writes all, in the order in which they first changed. */
  write(store: (pending: PendingRow<R>, name: string) => void): void {
    if (this.#rows.size === 0) return;
    for (const [name, pending] of this.#rows) {
      this.#remember(name, pending);
      store(pending, name);
    }
    this.#rows.clear();
  }

  /** A call begins. */
  mark(): void {
    if (this.#before.size > 0) this.#before.clear();
  }

  /** As it was when the call began. The file has taken back what the call wrote to it. */
  undo(): void {
    for (const [name, pending] of this.#before) {
      if (pending) this.#rows.set(name, pending);
      else this.#rows.delete(name);
    }
    this.#before.clear();
  }

  /** Nothing of the batch is kept. */
  forget(): void {
    this.#rows.clear();
    this.#before.clear();
  }

  #remember(name: string, pending: PendingRow<R> | undefined): void {
    if (!this.#before.has(name)) this.#before.set(name, pending);
  }
}
