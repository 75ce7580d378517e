// How to take back what was done since a mark: steps that are run from the last to the first.

export class UndoLog {
  #steps: (() => void)[] = [];

  mark(): number {
    return this.#steps.length;
  }

  note(step: () => void): void {
    this.#steps.push(step);
  }

  undoTo(mark: number): void {
    while (this.#steps.length > mark) this.#steps.pop()?.();
  }

  /** What was done stays. */
  forget(): void {
    this.#steps = [];
  }

  /** Sets an entry of a map; undone, it is as it was. */
  set<K, V extends NonNullable<unknown> | null>(map: Map<K, V>, key: K, value: V): void {
    const former = map.get(key);
    map.set(key, value);
    this.note(() => {
      if (former === undefined) map.delete(key);
      else map.set(key, former);
    });
  }

  delete<K, V extends NonNullable<unknown> | null>(map: Map<K, V>, key: K): void {
    const former = map.get(key);
    if (former === undefined) return;
    map.delete(key);
    this.note(() => map.set(key, former));
  }
}
