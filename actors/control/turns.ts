// Work that must not overlap, one after another by a key; what fails holds up nobody behind it.
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Begins when all that came before with that key has ended; resolves, or fails, as the work does. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const former = this.#last.get(key) ?? Promise.resolve();
    const result = former.then(work);
    const over = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, over);
    void over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    return result;
  }
}
