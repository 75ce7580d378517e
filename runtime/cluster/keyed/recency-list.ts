// What was used least recently, first: a ring of linked members. Touching one is O(1).

export interface Recent<T> {
  older: T | undefined;
  newer: T | undefined;
}

export class RecencyList<T extends Recent<T>> {
  #oldest: T | undefined;
  #newest: T | undefined;

  /** The least recently used first. */
  *[Symbol.iterator](): Iterator<T> {
    for (let next = this.#oldest; next; ) {
      // Whoever looks may take it out.
      const { newer }: T = next;
      yield next;
      next = newer;
    }
  }

  /** It was used just now; it may be new. */
  touch(member: T): void {
    if (this.#newest === member) return;
    this.remove(member);
    member.older = this.#newest;
    if (this.#newest) this.#newest.newer = member;
    else this.#oldest = member;
    this.#newest = member;
  }

  remove(member: T): void {
    const { older, newer } = member;
    if (older) older.newer = newer;
    else if (this.#oldest === member) this.#oldest = newer;
    if (newer) newer.older = older;
    else if (this.#newest === member) this.#newest = older;
    member.older = undefined;
    member.newer = undefined;
  }
}
