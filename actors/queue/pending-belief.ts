// How many tasks are believed to wait for a worker. Nobody counts them by worker: which tasks one can run
// the store alone knows. But a worker that got less than it asked for has left nothing behind, so what
// waits for it came after that, less what was granted since:
//
//   claim ─── nothing for it ─── 8 come ─── 2 are granted ──► 6 wait, at most, if all are of its kind
//
// A belief that is wrong costs a claim: who gets all that it asked for asks again. Pure.

/** When a claim was sent. */
export interface BeliefStamp {
  readonly era: number;
  readonly came: number;
}

/** That nothing waited. */
export interface DryMark {
  readonly era: number;
  readonly balance: number;
}

export class PendingBelief {
  #came = 0;
  #granted = 0;
  /** What was found before counts no more when the queues are seen. */
  #era = 0;
  /** As the balance would have been in this era with nothing waiting. */
  #base = Number.NEGATIVE_INFINITY;

  came(count: number): void {
    this.#came += count;
  }

  granted(count: number): void {
    this.#granted += count;
  }

  /** So many wait in all queues. */
  seen(pending: number): void {
    this.#era += 1;
    this.#base = this.#balance - pending;
  }

  get stamp(): BeliefStamp {
    return { era: this.#era, came: this.#came };
  }

  /** The claim of that stamp was answered just now, and got less than it asked for. */
  dryAfter({ era, came }: BeliefStamp): DryMark {
    return { era, balance: came - this.#granted };
  }

  /** Infinity: it is not known. */
  since(mark: DryMark | undefined): number {
    if (mark === undefined) return Number.POSITIVE_INFINITY;
    return this.#balance - (mark.era === this.#era ? mark.balance : this.#base);
  }

  get #balance(): number {
    return this.#came - this.#granted;
  }
}
