// What the engines of one worker have together: memory and threads. The first engines of a version are
// refused for want of memory only; further ones for want of either, since more threads than the machine
// has cores make no run faster.
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { MemoryBudget, MemoryGrant, MemoryShare } from "./memory-budget.ts";
import type { ModelSettings } from "./model-settings.ts";

interface Share extends MemoryShare {
  readonly engines: number;
  /** Of a run of one of them. */
  readonly threads: number;
  readonly memoryBytesMax: number | null;
}

interface Admitted {
  readonly name: string;
  readonly version: number;
  readonly settings: Pick<ModelSettings, "instances" | "scaling" | "memoryBytesMax">;
}

export class EngineRoom {
  readonly #budget: MemoryBudget;
  readonly #threads: number;
  readonly #threadsMax: number;
  /** By the key of a copy. */
  readonly #shares = new Map<string, Share>();
  #refusals = 0;

  /** `threads`: of a run, where a model says nothing of it. Infinity: they are not bounded together. */
  constructor(
    budget: MemoryBudget,
    { threads, threadsMax }: { readonly threads: number; readonly threadsMax: number },
  ) {
    this.#budget = budget;
    this.#threads = threads;
    this.#threadsMax = threadsMax;
  }

  /** The first engines of a copy. */
  admit(key: string, { name, version, settings }: Admitted): MemoryGrant {
    const { instances: engines, memoryBytesMax, scaling } = settings;
    const threads = Math.min(this.#threads, scaling?.threads ?? this.#threads);
    return this.#ask(key, { name, version, engines, threads, memoryBytesMax, bytes: 0 });
  }

  /** Why it cannot have so many; undefined: it has them from now on, or is not there any more. */
  resize(key: string, engines: number): string | undefined {
    const former = this.#shares.get(key);
    if (!former) return undefined;
    const wish = { ...former, engines };
    const isFurther = engines > Math.max(1, former.engines);
    const crowd = isFurther ? this.#crowd(key, wish) : undefined;
    if (crowd !== undefined) return crowd;
    const grant = this.#ask(key, wish);
    return grant.kind === "refused" ? grant.reason : undefined;
  }

  /** Nothing of that copy is left. */
  leave(key: string): void {
    this.#shares.delete(key);
    this.#budget.holds([...this.#shares.values()]);
  }

  get bounds(): FigureSource["bounds"] {
    const max = this.#threadsMax;
    if (!Number.isFinite(max)) return this.#budget.bounds;
    const highest = this.#threadsBeside("");
    const threads = { bound: "engineThreadsMax", max, highest, reached: this.#refusals };
    return [...this.#budget.bounds, threads];
  }

  #ask(key: string, wish: Share): MemoryGrant {
    const others = [...this.#shares].flatMap(([other, share]) => (other === key ? [] : [share]));
    const grant = this.#budget.ask({ ...wish, instances: wish.engines }, others);
    if (grant.kind === "granted") this.#shares.set(key, { ...wish, bytes: grant.bytes });
    return grant;
  }

  #crowd(key: string, { engines, threads }: Share): string | undefined {
    const others = this.#threadsBeside(key);
    if (others + engines * threads <= this.#threadsMax) return undefined;
    this.#refusals += 1;
    const asked = `${engines} engines of ${threads} threads, beside ${others} of other models`;
    const most = `are more than the ${this.#threadsMax} cores`;
    return `${asked}, ${most}: give its scaling fewer threads in config.json`;
  }

  #threadsBeside(key: string): number {
    const others = [...this.#shares].filter(([other]) => other !== key);
    return others.reduce((sum, [, { engines, threads }]) => sum + engines * threads, 0);
  }
}
