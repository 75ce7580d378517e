// Pure. How many of what does the work there should be for its load, between `min` and `max`: engines of a
// model's version, nodes of a group.
//
//   wanted = the highest load of the last `upAfterMs` / itemsEach, one more while somebody waits too long
//
//   up      when more were wanted all of `upAfterMs`; to at most twice as many; from none at once
//   down    when fewer were wanted all of `downAfterMs`; by one
//   none    when there was no load for `zeroAfterMs`, and `min` is 0
//
// So a burst that is over before another one would be ready starts none, and who was started stays at least
// `downAfterMs`. After Ray Serve's autoscaler; the load is what waits and runs, looked at anew each time.

export interface ScalingTerms {
  /** 0: the last one may end, too. */
  readonly min: number;
  readonly max: number;
  /** Items, waiting and running, that one is meant for. */
  readonly itemsEach: number;
  /** An item that has waited longer asks for one more. */
  readonly waitMsMax: number;
  readonly upAfterMs: number;
  readonly downAfterMs: number;
  readonly zeroAfterMs: number;
}

export interface ScalingView {
  readonly nowMs: number;
  readonly waiting: number;
  readonly running: number;
  /** Of who waits longest; 0: nobody does. */
  readonly waitMs: number;
  /** Started or being started, without those that leave. */
  readonly standing: number;
  /** Of these: being started. */
  readonly starting: number;
}

export interface ScalingStep {
  readonly kind: "up" | "down";
  /** How many there are to be. */
  readonly standing: number;
  readonly reason: string;
}

export class LoadScaling {
  readonly #terms: ScalingTerms;
  readonly #loads: RecentPeak;
  readonly #wishes: RecentPeak;
  readonly #openedMs: number;
  #busyAtMs: number;
  #moreSinceMs: number | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #wanted: number;

  constructor(terms: ScalingTerms, nowMs: number) {
    this.#terms = terms;
    this.#loads = new RecentPeak(terms.upAfterMs);
    this.#wishes = new RecentPeak(terms.downAfterMs);
    this.#openedMs = nowMs;
    this.#busyAtMs = nowMs;
    this.#wanted = Math.max(1, terms.min);
  }

  /** As of the last look. */
  get wanted(): number {
    return this.#wanted;
  }

  /** What is there between two looks counts, too. */
  saw({ nowMs, waiting, running }: Pick<ScalingView, "nowMs" | "waiting" | "running">): void {
    const load = waiting + running;
    this.#loads.add(nowMs, load);
    if (load > 0) this.#busyAtMs = nowMs;
  }

  /** One that could not be started: none is for so long. */
  pause(untilMs: number): void {
    this.#notBeforeMs = untilMs;
  }

  /** Undefined: as many as there should be, for now. */
  look(view: ScalingView): ScalingStep | undefined {
    this.saw(view);
    const { nowMs, standing } = view;
    const { kind, wanted } = this.#wish(view);
    this.#wanted = wanted;
    this.#wishes.add(nowMs, wanted);
    if (wanted <= standing) this.#moreSinceMs = undefined;
    if (wanted > standing) return this.#up(view, kind);
    return wanted < standing || standing === 1 ? this.#down(view) : undefined;
  }

  #wish(view: ScalingView): { readonly kind: "load" | "age"; readonly wanted: number } {
    const { min, max, itemsEach, waitMsMax } = this.#terms;
    const byLoad = Math.ceil(this.#loads.peak(view.nowMs) / itemsEach);
    // While one is being loaded it is no news that somebody waits.
    const isLate = view.waitMs > waitMsMax && view.starting === 0;
    const byAge = isLate ? view.standing + 1 : 0;
    const least = Math.max(min, view.standing === 0 ? 0 : 1);
    const wanted = Math.min(max, Math.max(least, byLoad, byAge));
    return { kind: byAge > byLoad ? "age" : "load", wanted };
  }

  #up(view: ScalingView, kind: "load" | "age"): ScalingStep | undefined {
    const { nowMs, standing, waiting, running } = view;
    const { upAfterMs, waitMsMax } = this.#terms;
    this.#moreSinceMs ??= nowMs;
    if (nowMs < this.#notBeforeMs) return undefined;
    const isDue = standing === 0 || nowMs - this.#moreSinceMs >= upAfterMs;
    if (!isDue) return undefined;
    this.#moreSinceMs = undefined;
    const wanted = Math.min(this.#wanted, Math.max(1, 2 * standing));
    const load = `${waiting} wait and ${running} run`;
    const late = `${load}, one for ${Math.round(view.waitMs)} ms, more than ${waitMsMax}`;
    return { kind: "up", standing: wanted, reason: kind === "age" ? late : load };
  }

  #down({ nowMs, standing, waiting, running }: ScalingView): ScalingStep | undefined {
    const { min, downAfterMs, zeroAfterMs } = this.#terms;
    if (standing <= min) return undefined;
    if (standing === 1) {
      const idleMs = nowMs - this.#busyAtMs;
      if (waiting + running > 0 || idleMs < zeroAfterMs) return undefined;
      return {
        kind: "down",
        standing: 0,
        reason: `nothing was asked for ${Math.round(idleMs)} ms`,
      };
    }
    const most = this.#wishes.peak(nowMs);
    if (most >= standing || nowMs - this.#openedMs < downAfterMs) return undefined;
    const reason = `no more than ${most} were wanted for ${downAfterMs} ms`;
    return { kind: "down", standing: standing - 1, reason };
  }
}

/** The highest of the values of the last so many milliseconds; whole numbers, in the order of time. */
class RecentPeak {
  readonly #windowMs: number;
  /** Values descending, times ascending: what a later, higher one outlives is not kept. */
  #values: { readonly atMs: number; readonly value: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(atMs: number, value: number): void {
    while ((this.#values.at(-1)?.value ?? Number.POSITIVE_INFINITY) <= value) this.#values.pop();
    this.#values.push({ atMs, value });
    this.#expire(atMs);
  }

  peak(nowMs: number): number {
    this.#expire(nowMs);
    return this.#values[0]?.value ?? 0;
  }

  #expire(nowMs: number): void {
    const isOver = ({ atMs }: { readonly atMs: number }): boolean => nowMs - atMs >= this.#windowMs;
    const living = this.#values.findIndex((one) => !isOver(one));
    if (living !== 0) this.#values = living < 0 ? [] : this.#values.slice(living);
  }
}
