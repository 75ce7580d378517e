// Where nothing passes on a simulated network, by way: from one name to another.

/** What a cut does to a frame: gone for good, or late by as long as the cut lasts. */
export type CutMode = "drop" | "hold";

export interface Way {
  readonly from: string;
  readonly to: string;
}

export interface Cut {
  readonly endMs: number;
  readonly mode: CutMode;
}

export class NetworkCuts {
  readonly #now: () => number;
  readonly #cuts = new Map<string, Cut>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of cuts that overlap the one that ends last counts. */
  add(way: Way, durationMs: number, mode: CutMode): void {
    const endMs = this.#now() + durationMs;
    const standing = this.on(way);
    if (standing === undefined || standing.endMs < endMs) {
      this.#cuts.set(nameOf(way), { endMs, mode });
    }
  }

  /** Undefined when what is sent there passes. */
  on(way: Way): Cut | undefined {
    const cut = this.#cuts.get(nameOf(way));
    return cut && cut.endMs > this.#now() ? cut : undefined;
  }

  clear(): void {
    this.#cuts.clear();
  }
}

const nameOf = ({ from, to }: Way): string => `${from} ${to}`;
