// One seed, many independent streams of chance: each consumer has its own by its name, so that what
// one draws more or less does not change what the others see. Pure.
import { Failure } from "#protocols/failure.ts";
import { SeededRandom, seedFrom } from "#runtime/core/random.ts";

/** The stream that `label` has under this seed: equal seed and label, equal numbers. */
export function randomOf(seed: number, label: string): SeededRandom {
  if (!Number.isSafeInteger(seed)) {
    throw new Failure("invalid", `a seed is a whole number, not ${seed}`);
  }
  const [a, b, c, d] = seedFrom(seed);
  const mark = labelHash(label);
  return new SeededRandom([a ^ mark, b ^ Math.imul(mark, 0x9e37_79b1), c, d ^ ~mark]);
}

// FNV-1a, 32 bits.
function labelHash(label: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x0100_0193);
  }
  return hash >>> 0;
}
