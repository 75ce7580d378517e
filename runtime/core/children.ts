// The living children of one actor in the order of their start. They are linked through themselves,
// so that ten thousand of them cost nothing but their names, and only those that were given one.

/** A child as a link of its parent's list. */
export interface Linked<C> {
  readonly name: string;
  /** It was given its name; others are found by their refs alone. */
  readonly isNamed: boolean;
  previousSibling: C | undefined;
  nextSibling: C | undefined;
}

export class Children<C extends Linked<C>> {
  readonly #named = new Map<string, C>();
  #first: C | undefined;
  #last: C | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(child: C): void {
    child.previousSibling = this.#last;
    if (this.#last) this.#last.nextSibling = child;
    else this.#first = child;
    this.#last = child;
    this.#size += 1;
    if (child.isNamed) this.#named.set(child.name, child);
  }

  delete(child: C): void {
    const { previousSibling: previous, nextSibling: next } = child;
    if (!previous && this.#first !== child) return;
    if (previous) previous.nextSibling = next;
    else this.#first = next;
    if (next) next.previousSibling = previous;
    else this.#last = previous;
    child.previousSibling = undefined;
    child.nextSibling = undefined;
    this.#size -= 1;
    if (child.isNamed) this.#named.delete(child.name);
  }

  has(name: string): boolean {
    return this.#named.has(name);
  }

  /** By name; O(children) for a name that was made up. */
  find(name: string): C | undefined {
    const named = this.#named.get(name);
    if (named || !name.startsWith("$")) return named;
    for (const child of this) if (child.name === name) return child;
    return undefined;
  }

  /** Oldest first. The child come to may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<C> {
    for (let child = this.#first; child; ) {
      const next: C | undefined = child.nextSibling;
      yield child;
      child = next;
    }
  }
}
