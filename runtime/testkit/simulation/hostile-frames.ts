// Frames as no honest peer sends them: noise, and real ones that were changed on their way.
import type { Chance } from "./chance.ts";

const noiseBytesMax = 400;
const flipsMax = 8;

/** `sample` is a frame that somebody sent; what comes back is never the same. */
export function hostileFrame(chance: Chance, sample: readonly Buffer[]): readonly Buffer[] {
  const [first = noise(chance), ...others] = sample.map((part) => Buffer.from(part));
  switch (chance.pick(["noise", "flip", "flip", "cut", "longer", "torn", "sealless"] as const)) {
    case "flip":
      return [flipped(chance, first), ...others];
    case "cut":
      return [first.subarray(0, chance.count({ min: 0, max: first.length - 1 })), ...others];
    case "longer":
      return [Buffer.concat([first, noise(chance)]), ...others];
    case "torn":
      return others.length > 0 ? [first] : [first, noise(chance)];
    case "sealless":
      // All of the header but its checksum, and a body of another.
      return [Buffer.concat([first.subarray(0, 24), noise(chance)]), ...others];
    default:
      return [noise(chance)];
  }
}

const noise = (chance: Chance): Buffer =>
  Buffer.from(
    Array.from({ length: chance.count({ min: 1, max: noiseBytesMax }) }, () =>
      chance.count({ min: 0, max: 255 }),
    ),
  );

function flipped(chance: Chance, bytes: Buffer): Buffer {
  const flips = new Set<number>();
  for (let count = chance.count({ min: 1, max: flipsMax }); count > 0; count--) {
    flips.add(chance.count({ min: 0, max: bytes.length * 8 - 1 }));
  }
  for (const bit of flips) {
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  }
  return bytes;
}
