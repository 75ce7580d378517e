// Everything that a simulated run leaves to chance, from one seed. Each part of the simulation draws
// from a branch of its own, by a label: what one part draws more or less does not change what the
// others see, and a plan from which something is left out stays the same in the rest.
import { randomIndex, type SeededRandom } from "#runtime/core/random.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";

export interface Span {
  readonly min: number;
  readonly max: number;
}

export class Chance {
  readonly random: SeededRandom;
  readonly #seed: number;
  readonly #label: string;

  private constructor(seed: number, label: string) {
    this.#seed = seed;
    this.#label = label;
    this.random = randomOf(seed, label);
  }

  /** Fails with `invalid` when the seed is no whole number. */
  static ofSeed(seed: number): Chance {
    return new Chance(seed, "");
  }

  /** Equal seeds and labels, equal branches, whatever was drawn before. */
  branch(label: string): Chance {
    return new Chance(this.#seed, `${this.#label}/${label}`);
  }

  /** True in this part of all cases, from 0 to 1. */
  happens(rate: number): boolean {
    return this.random.next() < rate;
  }

  within({ min, max }: Span): number {
    return min + (max - min) * this.random.next();
  }

  /** As `within`, but short ones are as frequent as long ones; `min` is above 0. */
  lengthWithin({ min, max }: Span): number {
    return min * (max / min) ** this.random.next();
  }

  /** An integer from `min` to `max`. */
  count({ min, max }: Span): number {
    return min + randomIndex(this.random, max - min + 1);
  }

  /** Undefined when there is nothing to pick from. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[randomIndex(this.random, items.length)];
  }
}
