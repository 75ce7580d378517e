// How many things happened per second lately: a ring of one-second buckets. Pure.

export class Throughput {
  readonly #counts: number[];
  #second = 0;

  constructor(seconds: number) {
    this.#counts = Array.from({ length: seconds }, () => 0);
  }

  note(nowMs: number): void {
    this.#turnTo(nowMs);
    const index = this.#second % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  perSecond(nowMs: number): number {
    this.#turnTo(nowMs);
    return this.#counts.reduce((sum, count) => sum + count, 0) / this.#counts.length;
  }

  #turnTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    const passed = Math.min(second - this.#second, this.#counts.length);
    for (let step = 0; step < passed; step += 1) {
      this.#counts[(second - step) % this.#counts.length] = 0;
    }
    this.#second = Math.max(this.#second, second);
  }
}
