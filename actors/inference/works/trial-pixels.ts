// Pure. Pixels of pictures that are made up to warm a model: all grey, all black, or noise, the same each time.
import type { WarmUpTerms } from "../repository/model-settings.ts";

export type TrialData = WarmUpTerms["data"];

/** So many samples. */
export function trialPixels(count: number, data: TrialData): Uint8Array {
  switch (data) {
    case "grey":
      return new Uint8Array(count).fill(128);
    case "zero":
      return new Uint8Array(count);
    case "random":
      return noise(count);
    default:
      return data satisfies never;
  }
}

/** Marsaglia's xorshift of 32 bits: nothing depends on how random it is. */
function noise(count: number): Uint8Array {
  let state = 0x9e3779b9;
  return Uint8Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}
