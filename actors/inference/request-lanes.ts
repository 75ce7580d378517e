// Pure. The requests to one version of a model that wait for an engine, by rank: when they came, and so much
// later for each level of priority. Of two the order never changes while they wait, so nothing is sorted
// anew; and who is less urgent is overtaken only by those that come within that time after it.

/** As the queues have it: so much later than the most urgent one of the same moment. */
const agingMsPerLevel = 30_000;

export interface RankedRequest {
  readonly rank: number;
  readonly arrivedMs: number;
}

/** `priority`: 0 is the most urgent. */
export const rankOf = (arrivedMs: number, priority: number): number =>
  arrivedMs + priority * agingMsPerLevel;

export class RequestLanes<Request extends RankedRequest> {
  /** By rank; of one rank in the order in which they came. */
  #waiting: Request[] = [];

  get count(): number {
    return this.#waiting.length;
  }

  /** Of who waits longest, by the clock that they came by; undefined: nobody does. */
  get oldestMs(): number | undefined {
    if (this.#waiting.length === 0) return undefined;
    return Math.min(...this.#waiting.map(({ arrivedMs }) => arrivedMs));
  }

  /** O(log n) to find its place; most come at the end. */
  add(request: Request): void {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#waiting[middle];
      if (other && other.rank <= request.rank) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, request);
  }

  /** The first in rank, which waits no more. */
  take(): Request | undefined {
    return this.#waiting.shift();
  }

  /** False: it does not wait. */
  leave(request: Request): boolean {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }
}
