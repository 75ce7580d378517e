// The highest life of each node that is known to be over, whether or not there was ever a link to it.
// Pure.
import type { NodeId } from "#protocols/address.ts";
import { linkLimits } from "#protocols/link-limits.ts";

export class EndedLives {
  /** The one that ended last at the end. */
  readonly #highest = new Map<string, number>();

  /** Beyond `endedLivesMax` the name whose life ended longest ago is forgotten. */
  end({ name, incarnation }: NodeId): void {
    const highest = Math.max(incarnation, this.of(name));
    this.#highest.delete(name);
    this.#highest.set(name, highest);
    if (this.#highest.size <= linkLimits.endedLivesMax) return;
    for (const oldest of this.#highest.keys()) {
      this.#highest.delete(oldest);
      return;
    }
  }

  /** 0 where none is known. */
  of(name: string): number {
    return this.#highest.get(name) ?? 0;
  }
}
