// Counts what handlers have done and tells when all is done. The same for every contender in
// JavaScript, so that counting costs each the same.

export class Tally {
  count = 0;
  #target = Number.POSITIVE_INFINITY;
  #reached: (() => void) | undefined;

  add(by: number): void {
    this.count += by;
    if (this.count >= this.#target) this.#tell();
  }

  /** Settles when the count has grown by this much since now; answers by how much it has grown. */
  async grown(by: number, work: () => unknown): Promise<number> {
    const before = this.count;
    this.#target = before + by;
    const reached = new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    await work();
    if (by > 0) await reached;
    return this.count - before;
  }

  #tell(): void {
    this.#target = Number.POSITIVE_INFINITY;
    this.#reached?.();
    this.#reached = undefined;
  }
}
