// Pure. How much memory the engines of one worker may have together. Each process is bounded by what its
// model says it needs, and a load for which no room is left is refused: so all of them stay below the
// worker's bound, whatever a model does.
import type { FigureSource } from "#runtime/observation/shown-figures.ts";

/** What one loaded version has: all of its engines. */
export interface MemoryShare {
  readonly name: string;
  readonly version: number;
  readonly bytes: number;
}

export interface MemoryWish {
  readonly instances: number;
  /** Of each engine, as `config.json` says. */
  readonly memoryBytesMax: number | null;
}

export interface MemoryGranted {
  readonly kind: "granted";
  /** Of all its engines; what is not bounded together counts as 0. */
  readonly bytes: number;
  /** Of each of them; null: nobody says. */
  readonly engineBytesMax: number | null;
}

export type MemoryGrant =
  | MemoryGranted
  /** With figures, and what to do. */
  | { readonly kind: "refused"; readonly reason: string };

/** Of the worker's bound: an engine of a model that does not say what it needs. */
const shareDefault = 1 / 4;
const sharesToldMax = 8;

export class MemoryBudget {
  readonly #bytesMax: number | null;
  #bytes = 0;
  #refusals = 0;

  /** Null: engines are not bounded together. */
  constructor(bytesMax: number | null) {
    this.#bytesMax = bytesMax;
  }

  /** `held`: of all versions that are loaded or being loaded, those that leave too. */
  ask({ instances, memoryBytesMax }: MemoryWish, held: readonly MemoryShare[]): MemoryGrant {
    const bytesMax = this.#bytesMax;
    if (bytesMax === null) return { kind: "granted", bytes: 0, engineBytesMax: memoryBytesMax };
    const engineBytesMax = memoryBytesMax ?? Math.floor(bytesMax * shareDefault);
    const bytes = instances * engineBytesMax;
    const heldBytes = sumOf(held);
    if (heldBytes + bytes <= bytesMax) {
      this.#bytes = heldBytes + bytes;
      return { kind: "granted", bytes, engineBytesMax };
    }
    this.#refusals += 1;
    const asked = `it asks for ${bytes} bytes of memory (${instances} × ${engineBytesMax})`;
    const left = `of the worker's ${bytesMax} are ${Math.max(0, bytesMax - heldBytes)} left`;
    const remedy = "unload a model, give one less memoryBytesMax in its config.json";
    const reason = `${asked}, ${left}${holders(held)}: ${remedy}, or the worker more`;
    return { kind: "refused", reason };
  }

  /** Something has ended. */
  holds(held: readonly MemoryShare[]): void {
    this.#bytes = sumOf(held);
  }

  get bounds(): FigureSource["bounds"] {
    const [max, reached] = [this.#bytesMax, this.#refusals];
    if (max === null) return [];
    return [{ bound: "engineMemoryBytesMax", max, highest: this.#bytes, reached }];
  }
}

/** An engine has the smaller of its own bound and what was granted. */
export function boundedTo<Engine extends { readonly memoryBytesMax?: number }>(
  engine: Engine,
  { engineBytesMax }: Pick<MemoryGranted, "engineBytesMax">,
): Engine {
  if (engineBytesMax === null) return engine;
  const memoryBytesMax = Math.min(engineBytesMax, engine.memoryBytesMax ?? engineBytesMax);
  return { ...engine, memoryBytesMax };
}

const sumOf = (shares: readonly MemoryShare[]): number =>
  shares.reduce((sum, { bytes }) => sum + bytes, 0);

function holders(held: readonly MemoryShare[]): string {
  if (held.length === 0) return "";
  const shown = held
    .slice(0, sharesToldMax)
    .map(({ name, version, bytes }) => `${name}@${version} has ${bytes}`);
  const more = held.length > sharesToldMax ? `, and ${held.length - sharesToldMax} more` : "";
  return ` (${shown.join(", ")}${more})`;
}
