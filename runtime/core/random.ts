// A seeded generator: the same seed gives the same numbers on every machine, so a simulated run can
// be repeated. Pure. Not for secrets: who sees a few numbers can compute the rest.
//
// xoshiro128** 1.1 by Blackman and Vigna ("Scrambled linear pseudorandom number generators"), four
// words of 32 bits; a single number is spread over them by splitmix32.
import type { Random } from "./ports.ts";

/** Four unsigned words of 32 bits, not all zero. */
export type RandomSeed = readonly [number, number, number, number];

export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: RandomSeed) {
    this.#a = seed[0] >>> 0;
    this.#b = seed[1] >>> 0;
    this.#c = seed[2] >>> 0;
    this.#d = seed[3] >>> 0;
    // From all zeros the generator would give zeros for ever.
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#a = 1;
  }

  /** An integer of 32 bits, at least 0. */
  nextWord(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** At least 0 and below 1, with all 53 bits that a number can hold. */
  next(): number {
    const high = this.nextWord() >>> 5;
    const low = this.nextWord() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }
}

/** A seed from any integer, for example one that a person typed. Equal integers, equal seeds. */
export function seedFrom(integer: number): RandomSeed {
  const low = integer >>> 0;
  const high = Math.floor(integer / 0x1_0000_0000) >>> 0;
  return [mixed(low), mixed(~low), mixed(high ^ 0x5851_f42d), mixed(low + high + 0x2545_f491)];
}

/** An integer from 0 to `count` - 1; `count` is at least 1 and at most 2^32. */
export const randomIndex = (random: Random, count: number): number =>
  Math.floor(random.next() * count);

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

// One step of splitmix32: neighbouring integers give words that have nothing in common.
function mixed(word: number): number {
  let z = (word + 0x9e37_79b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
