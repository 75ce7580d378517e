// Pure. What is known of the runs of one bucket: how long they take by their size, and whether it would have paid
// to wait for those who came next.
//
//   at once   |─ run of n ─|─ run of the k that came meanwhile ─|
//   waiting   |·····|─ run of n + k ─|
//             g1 … gk: they came while the first run would have lasted
//
// Each time that some could run, it is looked back at when all are known who came: had waiting for the first k of
// them made everybody's time together shorter, it would have paid. So it does of late where most of such chances
// would have. Nobody waits longer than the run takes that waiting saves: whoever is wrong loses at most that (the
// ski rental problem, whose skier rents until he has paid for skis). One picture at a time waits for nobody, since
// its next one comes after its own run.

interface RunTime {
  readonly ms: number;
  readonly isFirst: boolean;
}

/** So many could run; who came in the time that this would have taken, in milliseconds after `startMs`. */
interface Chance {
  readonly size: number;
  readonly startMs: number;
  readonly cameMs: number[];
}

/** How much the newest time counts, and the newest chance. */
const newestShare = 0.25;
/** Of the chances of late so many must have paid for another one to be taken. */
const paidShareMin = 0.5;
/** Of a run alone: to save less than that is no reason to wait, and may be the machine's noise. */
const savedShareMin = 0.25;
/** What a saved run is worth to those who come after these: under full load they wait for one run less. */
const laterShare = 1.05;
/** Of one chance. More came: the first of them are looked at. */
const cameMax = 16;

export class BucketRuns {
  readonly #times = new Map<number, RunTime>();
  /** By size: the share of chances that would have paid, the newest counting most. */
  readonly #paid = new Map<number, number>();
  /** By size: those that are not judged yet. */
  readonly #chances = new Map<number, Chance>();
  /** When those that wait could have run first; undefined: none waits. */
  #startMs: number | undefined;

  measured(size: number, ms: number): void {
    const former = this.#times.get(size);
    // The first run of a size costs something of its own: the second one counts in its place.
    const share = former?.isFirst === false ? newestShare : 1;
    const before = former?.ms ?? ms;
    this.#times.set(size, { ms: before + share * (ms - before), isFirst: former === undefined });
  }

  /** On the line between the sizes beside it that were measured; beyond them in proportion to the nearest. */
  expectedMs(size: number): number {
    const sizes = [...this.#times.keys()].sort((a, b) => a - b);
    const above = sizes.find((one) => one >= size);
    const below = sizes.findLast((one) => one <= size);
    if (above === undefined || below === undefined || above === below) {
      const nearest = above ?? below;
      return nearest === undefined ? 0 : (this.#ms(nearest) * size) / nearest;
    }
    const rise = (this.#ms(above) - this.#ms(below)) / (above - below);
    return this.#ms(below) + rise * (size - below);
  }

  /** So many items can run at `nowMs`: answers until when they wait for others. */
  waitUntilMs(size: number, nowMs: number): number {
    this.#startMs ??= nowMs;
    const startMs = this.#startMs;
    const savedMs = this.#savedMs(size);
    if (savedMs === 0) return startMs;
    this.#begin(size, nowMs);
    return this.#paidOf(size) >= paidShareMin ? startMs + savedMs : startMs;
  }

  /** Those that waited do so no more. Whether waiting would have paid is told by who comes next. */
  left(): void {
    this.#startMs = undefined;
  }

  /** Another item. */
  came(atMs: number): void {
    for (const chance of this.#chances.values()) {
      const { size, startMs, cameMs } = chance;
      const isOver = atMs > startMs + this.expectedMs(size);
      if (isOver) this.#judge(chance);
      else if (cameMs.length < cameMax) cameMs.push(Math.max(0, atMs - startMs));
    }
  }

  #begin(size: number, nowMs: number): void {
    const former = this.#chances.get(size);
    if (former && nowMs <= former.startMs + this.expectedMs(size)) return;
    if (former) this.#judge(former);
    this.#chances.set(size, { size, startMs: nowMs, cameMs: [] });
  }

  #judge(chance: Chance): void {
    const { size } = chance;
    this.#chances.delete(size);
    const before = this.#paid.get(size) ?? 0;
    this.#paid.set(size, before + newestShare * ((this.#wouldPay(chance) ? 1 : 0) - before));
  }

  #wouldPay({ size, cameMs }: Chance): boolean {
    const savedMs = this.#savedMs(size);
    const boundMs = laterShare * this.#togetherMs(size, cameMs, 0);
    return cameMs.some(
      (ms, index) => ms <= savedMs && this.#togetherMs(size, cameMs, index + 1) < boundMs,
    );
  }

  /** The time that all of them spend until their answers, when the first run waits for so many of those who came. */
  #togetherMs(size: number, cameMs: readonly number[], waitedFor: number): number {
    const begunMs = cameMs[waitedFor - 1] ?? 0;
    const firstMs = begunMs + this.expectedMs(size + waitedFor);
    const secondMs = firstMs + this.expectedMs(cameMs.length - waitedFor);
    return cameMs.reduce(
      (sum, ms, index) => sum + (index < waitedFor ? firstMs : secondMs) - ms,
      size * firstMs,
    );
  }

  /** A size that never had a chance goes by the next smaller one. */
  #paidOf(size: number): number {
    for (let known = size; known > 0; known -= 1) {
      const paid = this.#paid.get(known);
      if (paid !== undefined) return paid;
    }
    return 0;
  }

  /** By one run of an item more in the place of two; 0 where that is nothing to speak of. */
  #savedMs(size: number): number {
    const aloneMs = this.expectedMs(1);
    const savedMs = this.expectedMs(size) + aloneMs - this.expectedMs(size + 1);
    return savedMs > savedShareMin * aloneMs ? savedMs : 0;
  }

  #ms(size: number): number {
    return this.#times.get(size)?.ms ?? 0;
  }
}
