// What the engines of one worker have together: memory and threads. The first engines of a version are
// refused for want of memory only, and that they have too many threads is told; an engine more finds memory,
// and as many processors as the threads that then run at a time, or it is not started: it would make no
// run faster.
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { MemoryBudget, MemoryGrant, MemoryShare } from "./memory-budget.ts";
import type { ModelSettings } from "./model-settings.ts";
import type { ThreadBudget, ThreadShare } from "./thread-budget.ts";

/** What the engines of one copy of a version have. */
interface Share extends MemoryShare, ThreadShare {
  /** Of each engine, as `config.json` says. */
  readonly memoryBytesMax: number | null;
}

interface Admitted {
  readonly name: string;
  readonly version: number;
  readonly settings: Pick<ModelSettings, "backend" | "instances" | "threads" | "memoryBytesMax">;
  /** Of all versions that are to be loaded, this one's among them, at the most. */
  readonly enginesWanted: number;
}

export type RoomGrant =
  | {
      readonly kind: "granted";
      /** Of each engine; null: nobody says. */
      readonly engineBytesMax: number | null;
      /** Of one operator in each engine, those that come later included. */
      readonly intraOp: number;
      /** Why their threads are more than there is; empty: they are not. */
      readonly note: string;
    }
  | Extract<MemoryGrant, { kind: "refused" }>;

export class EngineRoom {
  readonly #memory: MemoryBudget;
  readonly #threads: ThreadBudget;
  /** By the key of a copy. */
  readonly #shares = new Map<string, Share>();

  constructor(memory: MemoryBudget, threads: ThreadBudget) {
    this.#memory = memory;
    this.#threads = threads;
  }

  /** The first engines of a copy. */
  admit(key: string, { name, version, settings, enginesWanted }: Admitted): RoomGrant {
    const { memoryBytesMax, instances } = settings;
    const others = this.#beside(key);
    const memory = this.#memory.ask({ instances, memoryBytesMax }, others);
    if (memory.kind === "refused") return memory;
    const { bytes, engineBytesMax } = memory;
    const { intraOp, note, ...threads } = this.#threads.ask(settings, others, enginesWanted);
    this.#shares.set(key, { name, version, bytes, memoryBytesMax, ...threads });
    return { kind: "granted", engineBytesMax, intraOp, note };
  }

  /** Why it cannot have so many; undefined: it has them from now on, or is not there any more. */
  resize(key: string, engines: number): string | undefined {
    const former = this.#shares.get(key);
    if (!former) return undefined;
    const wish = { ...former, engines };
    const others = this.#beside(key);
    const isFurther = engines > Math.max(1, former.engines);
    const excess = isFurther ? this.#threads.excess(wish, others) : undefined;
    if (excess !== undefined) return excess;
    const grant = this.#memory.ask({ ...wish, instances: engines }, others);
    if (grant.kind === "refused") return grant.reason;
    this.#shares.set(key, { ...wish, bytes: grant.bytes });
    this.#threads.holds([...this.#shares.values()]);
    return undefined;
  }

  /** Nothing of that copy is left. */
  leave(key: string): void {
    this.#shares.delete(key);
    const held = [...this.#shares.values()];
    this.#memory.holds(held);
    this.#threads.holds(held);
  }

  get bounds(): FigureSource["bounds"] {
    return [...this.#memory.bounds, ...this.#threads.bounds];
  }

  #beside(key: string): readonly Share[] {
    return [...this.#shares].flatMap(([other, share]) => (other === key ? [] : [share]));
  }
}
