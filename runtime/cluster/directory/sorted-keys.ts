// Keys in their order, so that those of one prefix stand together. Adding one moves those behind it:
// O(n), but of a plain memory copy; finding takes O(log n).

export class SortedKeys {
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    const at = this.#place(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  remove(key: string): void {
    const at = this.#place(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** Those that begin so, in order, behind `after`. */
  *within(prefix: string, after = ""): Iterable<string> {
    const from = after >= prefix ? after : prefix;
    let at = this.#place(from);
    if (this.#keys[at] === after) at += 1;
    for (; at < this.#keys.length; at += 1) {
      const key = this.#keys[at];
      if (key === undefined || !key.startsWith(prefix)) return;
      yield key;
    }
  }

  /** Where the key stands, or would. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
