// How much of everything a run does.
import type { Scale } from "../contest.ts";
import type { NetworkSize } from "./batch-networks.ts";

export interface Sizes {
  readonly rounds: number;
  /** Photographs of a round at saturation; half as many one at a time. */
  readonly images: number;
  /** Pixels of a photograph's longer side. */
  readonly width: number;
  readonly submissions: number;
  /** Small pictures of a round of those that run together; a multiple of eight. */
  readonly pictures: number;
  readonly networks: NetworkSize;
  /** Requests over which memory is looked at, after as many that are not counted. */
  readonly requests: number;
}

/** About one megapixel. */
const width = 1_280;

export const sizesOf = (scale: Scale): Sizes =>
  scale === "full"
    ? {
        ...{ rounds: 5, images: 32, width, submissions: 200, pictures: 64, requests: 10_000 },
        networks: { units: 4_096, turns: 16, layers: 60 },
      }
    : {
        ...{ rounds: 3, images: 8, width, submissions: 20, pictures: 16, requests: 400 },
        networks: { units: 2_048, turns: 2, layers: 30 },
      };
