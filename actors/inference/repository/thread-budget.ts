// Pure. How many threads the engines of one worker run with. As many run at a time as the worker has slots,
// or engines where those are fewer; they share its processors alike. What a configuration says wins, and what
// is more than there is then is told: threads of one run that wait for one another cost more than they bring.
//
//   4 processors, 2 slots      1 engine: 4 threads    2 or more engines: 2 each
//
// A version that scales counts with the most engines that it may have, so that all of them find their share.
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { ModelSettings } from "./model-settings.ts";

export interface ThreadTerms {
  /** Of this worker: the machine's, less what its neighbours there have. Infinity: nobody counts them. */
  readonly processors: number;
  /** As the node's settings say for each engine; null: they share. */
  readonly each: number | null;
  /** Requests that the worker has at a time. */
  readonly slots: number;
}

/** What one loaded version has. */
export interface ThreadShare {
  readonly engines: number;
  /** Of each engine while it runs. */
  readonly threads: number;
}

export interface ThreadGrant extends ThreadShare {
  /** Of one operator: what the engine is told. */
  readonly intraOp: number;
  /** Why that is more than there is; empty: it is not. */
  readonly note: string;
}

type Wish = Pick<ModelSettings, "backend" | "instances" | "threads">;

export class ThreadBudget {
  readonly #terms: ThreadTerms;
  #busy = 0;
  #excesses = 0;

  constructor(terms: ThreadTerms) {
    this.#terms = terms;
  }

  /**
   * `held`: of all versions that are loaded or being loaded; `engines`: of all that are to be, this one's
   * among them. Never refuses.
   */
  ask(wish: Wish, held: readonly ThreadShare[], engines: number): ThreadGrant {
    const { processors, each, slots } = this.#terms;
    const atOnce = Math.max(1, Math.min(slots, engines));
    const share = each ?? Math.max(1, Math.floor(processors / atOnce));
    const { intraOp, interOp } = wish.threads;
    const threads = isThreaded(wish) ? (intraOp ?? share) + interOp - 1 : 1;
    const own = { engines: wish.instances, threads };
    this.holds([...held, own]);
    // One thread alone waits for nobody: what runs beside it costs it no more than its share of time.
    const note = threads === 1 ? "" : (this.excess(own, held) ?? "");
    return { ...own, intraOp: intraOp ?? share, note };
  }

  /** Why so many engines, beside those, are more than there is; undefined: they are not. */
  excess({ engines, threads }: ThreadShare, others: readonly ThreadShare[]): string | undefined {
    const { processors } = this.#terms;
    const busy = this.#busyOf([...others, { engines, threads }]);
    if (busy <= processors) return undefined;
    this.#excesses += 1;
    const seen = `${threads} threads in each of ${engines} engines`;
    const all = `with what else is loaded up to ${busy} run at a time, on ${processors} processors`;
    return `${seen}: ${all} (less threads.intraOp, instances or slots would do)`;
  }

  /** Something has begun, or ended. */
  holds(held: readonly ThreadShare[]): void {
    this.#busy = this.#busyOf(held);
  }

  get bounds(): FigureSource["bounds"] {
    const { processors } = this.#terms;
    if (!Number.isFinite(processors)) return [];
    const [highest, reached] = [this.#busy, this.#excesses];
    return [{ bound: "engineThreads", max: processors, highest, reached }];
  }

  #busyOf(shares: readonly ThreadShare[]): number {
    const each = shares.flatMap(({ engines, threads }) => Array<number>(engines).fill(threads));
    const most = each.sort((a, b) => b - a).slice(0, this.#terms.slots);
    return most.reduce((sum, threads) => sum + threads, 0);
  }
}

/** OpenCV runs in the engine's own thread, and what is built in has no network. */
export const isThreaded = ({ backend }: Pick<Wish, "backend">): boolean =>
  backend === "onnxruntime";
