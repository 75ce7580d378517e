// Everything that a simulated run leaves to chance, from one seed. Each part of the simulation draws
// from a branch of its own: what one part draws more or less does not change what the others see.
import { randomIndex, SeededRandom, seedFrom } from "#runtime/core/random.ts";

export interface Span {
  readonly min: number;
  readonly max: number;
}

export class Chance {
  readonly random: SeededRandom;

  private constructor(random: SeededRandom) {
    this.random = random;
  }

  static ofSeed(seed: number): Chance {
    return new Chance(new SeededRandom(seedFrom(seed)));
  }

  branch(): Chance {
    const { random } = this;
    const words = [random.nextWord(), random.nextWord(), random.nextWord(), random.nextWord()];
    const [a = 0, b = 0, c = 0, d = 0] = words;
    return new Chance(new SeededRandom([a, b, c, d]));
  }

  /** True in this part of all cases, from 0 to 1. */
  happens(rate: number): boolean {
    return this.random.next() < rate;
  }

  within({ min, max }: Span): number {
    return min + (max - min) * this.random.next();
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
