// Pure. How much memory each request leaves behind, from samples of a process that comes and goes with its
// collector of garbage: the samples are cut into ten blocks, and the middle of each is compared with that of the
// block five further on. Five slopes, each over half of all requests, tell the median and its spread.
import { Failure } from "#protocols/failure.ts";
import { median } from "../statistics.ts";

export interface MemorySample {
  /** Requests answered until then. */
  readonly requests: number;
  readonly bytes: number;
}

export interface MemorySlope {
  /** Bytes a request: the median, the least and the greatest. */
  readonly bytes: number;
  readonly min: number;
  readonly max: number;
}

const half = 5;

/** Of at least ten samples, in their order. Fails with `invalid`. */
export function memorySlope(samples: readonly MemorySample[]): MemorySlope {
  if (samples.length < 2 * half) {
    throw new Failure("invalid", `${samples.length} samples tell no slope: take ${2 * half}`);
  }
  const blocks = Array.from({ length: 2 * half }, (_, index) => {
    const at = (part: number): number => Math.floor((part * samples.length) / (2 * half));
    const block = samples.slice(at(index), at(index + 1));
    return {
      requests: median(block.map(({ requests }) => requests)),
      bytes: median(block.map(({ bytes }) => bytes)),
    };
  });
  const slopes = blocks.slice(0, half).map((block, index) => {
    const later = blocks[index + half] ?? block;
    return (later.bytes - block.bytes) / (later.requests - block.requests);
  });
  return { bytes: median(slopes), min: Math.min(...slopes), max: Math.max(...slopes) };
}
