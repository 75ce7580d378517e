// Notices that whoever keeps them did not take: each is told again until it is taken, or a newer one of
// its subject takes its place. Pure.

interface Notice<N> {
  readonly notice: N;
  isLost: boolean;
}

export class Retelling<N> {
  readonly #open = new Map<string, Notice<N>>();
  readonly #openMax: number;

  /** Subjects that are remembered; of more, the one that was told of longest ago is given up. */
  constructor(openMax: number) {
    this.#openMax = openMax;
  }

  telling(subject: string, notice: N): void {
    this.#open.delete(subject);
    if (this.#open.size >= this.#openMax) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#open.delete(oldest);
    }
    this.#open.set(subject, { notice, isLost: false });
  }

  taken(subject: string, notice: N): void {
    if (this.#open.get(subject)?.notice === notice) this.#open.delete(subject);
  }

  lost(subject: string, notice: N): void {
    const open = this.#open.get(subject);
    if (open?.notice === notice) open.isLost = true;
  }

  /** Those to be told again, oldest first. */
  due(): readonly N[] {
    return [...this.#open.values()].flatMap(({ notice, isLost }) => (isLost ? [notice] : []));
  }
}
