// Many who want the same list at the same time share it. Whoever asks while one is on its way gets the
// next one, which begins when that has ended: it tells of all that was done before it was asked for.
//
//   ask ─► list 1 ──────────► answer
//            ask, ask, ask ─► list 2 ──────────► answer, answer, answer
import type { Listing } from "./directory.ts";

interface Shared {
  readonly present: Promise<Listing>;
  next: Promise<Listing> | undefined;
}

export class SharedListings {
  readonly #list: (prefix: string) => Promise<Listing>;
  /** Of each prefix for which a list is on its way. */
  readonly #shared = new Map<string, Shared>();

  constructor(list: (prefix: string) => Promise<Listing>) {
    this.#list = list;
  }

  /** Fails as the list that is shared. */
  list(prefix: string): Promise<Listing> {
    const shared = this.#shared.get(prefix);
    if (!shared) return this.#begin(prefix);
    shared.next ??= shared.present.then(
      () => this.#begin(prefix),
      () => this.#begin(prefix),
    );
    return shared.next;
  }

  #begin(prefix: string): Promise<Listing> {
    const present = this.#list(prefix);
    const shared: Shared = { present, next: undefined };
    this.#shared.set(prefix, shared);
    const ended = (): void => {
      if (!shared.next) this.#shared.delete(prefix);
    };
    present.then(ended, ended);
    return present;
  }
}
